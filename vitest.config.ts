import { defineConfig } from 'vitest/config';

/** One more than two cores, because servers and processes make tests wait. With more, they wait for each other. */
const maxWorkers = 3;
/** A browser uses several cores itself. Its tests run after the others, and play calls in real time. */
const maxBrowserWorkers = 2;
/** They end a test that hangs. They measure nothing: a busy machine may be ten times slower. */
const limits = {
  testTimeout: 180_000,
  hookTimeout: 180_000,
  // An event that never comes is named before its test ends.
  expect: { poll: { timeout: 120_000 } },
};
/**
 * The files of a worker share its process: the project's modules, the models, the decoded sample call and the browsers
 * are loaded once per worker. So a test must leave nothing behind that another one would notice.
 */
const isolate = false;
const INTEGRATION = 'test/**/*.integration.test.ts';
const BROWSER = 'test/**/*.browser.test.ts';

export default defineConfig({
  test: {
    maxWorkers,
    projects: [
      // No network, browser, socket, process or real time.
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [INTEGRATION, BROWSER],
          setupFiles: ['test/support/unit-tier.ts'],
          isolate,
          ...limits,
          maxWorkers,
        },
      },
      {
        test: {
          name: 'integration',
          include: [INTEGRATION],
          isolate,
          ...limits,
          maxWorkers,
        },
      },
      {
        test: {
          name: 'browser',
          include: [BROWSER],
          isolate,
          ...limits,
          maxWorkers: maxBrowserWorkers,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
