// node test/support/dashboard/make-picture.ts
// Makes docs/dashboard.png, the picture in the README: the dashboard in Chromium, with the bundled sample call and the
// bundled model. It takes a little over a minute, because the call is played in real time.
import { fileURLToPath } from 'node:url';
import { buildDashboard, DASHBOARD_CONTENT_SECURITY_POLICY } from '../../../server/dashboard/build.ts';
import { startSampleCall } from '../../../server/sample-call/index.ts';
import { sharedModels, startRealServer } from '../e2e/real-server.ts';
import { openPage, sharedBrowser } from './browser-page.ts';

const PICTURE = fileURLToPath(new URL('../../../docs/dashboard.png', import.meta.url));
const SIZE = { width: 1280, height: 990 };
/** Start of the customer's sentence whose words contradict the voice, as shown in the transcript. */
const SELECTED = '0:32';
/** Time of the screenshot, in ms of the call. The agent is speaking then. */
const TAKEN_AT_MS = 60_500;

const stop = new AbortController();
const dashboard = { files: await buildDashboard(), contentSecurityPolicy: DASHBOARD_CONTENT_SECURITY_POLICY };
const server = await startRealServer({ dashboard });
const browser = await sharedBrowser();
try {
  const call = startSampleCall({ sessions: server.sessions, signal: stop.signal });
  const startedAtMs = performance.now();
  const { page } = await openPage(browser, `${server.url}/`, { viewport: SIZE });
  await page.getByRole('link', { name: /Sample call/ }).click();
  await page.getByRole('heading', { name: 'Sample call' }).waitFor();
  await page.waitForTimeout(TAKEN_AT_MS - (performance.now() - startedAtMs));
  await page.getByRole('button', { name: '1 min' }).click();
  await page
    .getByRole('article', { name: `Customer at ${SELECTED}` })
    .getByRole('button')
    .click();
  await page.mouse.move(0, 0);
  await page.waitForTimeout(500);
  await page.screenshot({ path: PICTURE });
  process.stderr.write(`${PICTURE}\n`);
  stop.abort();
  await call;
} finally {
  stop.abort();
  await browser.close();
  await server.close();
  await (await sharedModels()).close();
}
