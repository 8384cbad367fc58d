// node test/support/dashboard/make-report-picture.ts
// Makes docs/report.png, the picture in docs/report.md: the first screen of the bundled sample call's report in Chromium,
// with the bundled model.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { undertone } from '../e2e/command-line.ts';
import { SAMPLE_CALL_FILE, SAMPLE_CALL_TRANSCRIPT } from '../e2e/sample-call.ts';
import { launchChromium, openPage } from './browser-page.ts';

const PICTURE = fileURLToPath(new URL('../../../docs/report.png', import.meta.url));
const SIZE = { width: 1280, height: 960 };

const folder = mkdtempSync(join(tmpdir(), 'report-'));
const browser = await launchChromium([]);
try {
  const report = join(folder, 'report.html');
  const words = ['--transcript', SAMPLE_CALL_TRANSCRIPT, '--speakers', 'Customer,Agent'];
  const { status, stderr } = await undertone('analyze', SAMPLE_CALL_FILE, ...words, '--html', report);
  if (status !== 0) throw new Error(stderr);
  const { page } = await openPage(browser, pathToFileURL(report).href, { viewport: SIZE, colorScheme: 'light' });
  await page.locator('.row').first().waitFor();
  await page.screenshot({ path: PICTURE });
  process.stderr.write(`${PICTURE}\n`);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
