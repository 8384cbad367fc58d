import { defineConfig } from 'vitest/config';

/** For two cores. With more workers the real servers of the tests wait for each other. */
const maxWorkers = 2;
/** They end a test that hangs. They measure nothing: a busy machine may be ten times slower. */
const limits = { testTimeout: 90_000, hookTimeout: 90_000 };
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
          isolate: false,
          ...limits,
          maxWorkers,
        },
      },
      {
        test: {
          name: 'integration',
          include: [INTEGRATION],
          ...limits,
          maxWorkers,
        },
      },
      {
        test: {
          name: 'browser',
          include: [BROWSER],
          ...limits,
          maxWorkers,
        },
      },
    ],
  },
});
