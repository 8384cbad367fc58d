import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const ARTIFACTS = fileURLToPath(new URL('../../artifacts/', import.meta.url));

/** Whether Chromium is installed. */
export const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) console.warn(`SKIPPED: the dashboard in a browser, because there is no ${CHROMIUM}`);

/** Longest wait of a page for anything, in ms: a busy machine may be ten times slower. */
const HANG_MS = 120_000;

/** Screen sizes that the dashboard must support. */
export const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const;

/** Chromium's switches for a microphone and a camera that are not there. */
export const FAKE_DEVICES = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

const browsers = new Map<'fake' | 'none', Promise<Browser>>();

/**
 * Chromium, started once per kind and process. All test files of the process share it and nobody closes it: it ends with
 * the process. A test closes its own contexts.
 *
 * @param devices - `fake` answers every request for a microphone or camera with a test signal.
 */
export function sharedBrowser(devices: 'fake' | 'none' = 'none'): Promise<Browser> {
  const browser = browsers.get(devices) ?? launchChromium(devices === 'fake' ? FAKE_DEVICES : []);
  browsers.set(devices, browser);
  return browser;
}

/** Starts a Chromium of its own. */
export function launchChromium(args: readonly string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', ...args],
  });
}

/** Opens a page in a context of its own. It ends waits that hang, and measures nothing. */
export async function openContext(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(HANG_MS);
  return { context, page: await context.newPage() };
}

/** Opens a new page and collects its problems: console errors, exceptions and policy violations. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; problems: string[] }> {
  const { page } = await openContext(browser, { viewport: SIZES.desktop, ...options });
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(url);
  return { page, problems };
}

/** Saves a screenshot under `test/artifacts`. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: `${ARTIFACTS}${name}.png` });
}

/** How far the page can be scrolled sideways, in px. */
export async function sidewaysScrollPx(page: Page): Promise<number> {
  return (await page.evaluate('document.documentElement.scrollWidth - innerWidth')) as number;
}

/** Finds controls without a name for screen readers, pictures without text or `aria-hidden`, and repeated ids. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  return (await page.evaluate(`(() => {
    const problems = [];
    const name = (element) =>
      element.getAttribute('aria-label') || element.textContent.trim() || [...(element.labels ?? [])].map((l) => l.textContent).join('');
    for (const element of document.querySelectorAll('a[href], button, input, select, summary, [role=slider]')) {
      if (!name(element)) problems.push('no name: ' + element.outerHTML.slice(0, 80));
    }
    for (const svg of document.querySelectorAll('svg')) {
      if (svg.getAttribute('aria-hidden') !== 'true' && !svg.getAttribute('aria-label')) problems.push('picture without text');
    }
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push('repeated id: ' + id);
    if (document.querySelectorAll('main').length !== 1) problems.push('not one main');
    if (document.querySelectorAll('h1').length !== 1) problems.push('not one h1');
    if (!document.documentElement.lang) problems.push('no language');
    return problems;
  })()`)) as string[];
}
