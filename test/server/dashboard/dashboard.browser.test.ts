import type { Browser } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  accessibilityProblems,
  hasChromium,
  openPage,
  SIZES,
  screenshot,
  sharedBrowser,
  sidewaysScrollPx,
} from '../../support/dashboard/browser-page.ts';
import { type ScriptedServer, startScriptedServer } from '../../support/dashboard/scripted-server.ts';
import { liveCall, startTwoSessions } from '../../support/dashboard/two-sessions.ts';

let browser: Browser;
beforeAll(async () => {
  if (hasChromium) browser = await sharedBrowser();
});

describe.skipIf(!hasChromium)('the dashboard in a browser', () => {
  let server: ScriptedServer;

  beforeEach(async () => {
    ({ server } = await startTwoSessions());
  });
  afterEach(() => server.close());

  describe.each(Object.entries(SIZES))('on a %s', (sizeName, viewport) => {
    it.each(['light', 'dark'] as const)('fits and breaks no rule in %s colours', async (colorScheme) => {
      const { page, problems } = await openPage(browser, server.url, { viewport, colorScheme });
      await page.locator('.session-card .emotion-chip').first().waitFor();
      expect(await sidewaysScrollPx(page)).toBeLessThanOrEqual(0);
      expect(await accessibilityProblems(page)).toEqual([]);
      await screenshot(page, `list-${sizeName}-${colorScheme}`);

      await page.getByText('Billing, line 4').click();
      await page.locator('.entry .emotion-chip').first().waitFor();
      await page.locator('.lane-picture').first().waitFor();
      expect(await sidewaysScrollPx(page)).toBeLessThanOrEqual(0);
      expect(await accessibilityProblems(page)).toEqual([]);
      await screenshot(page, `session-${sizeName}-${colorScheme}`);

      await page.goto(`${server.url}/#/start`);
      await page.getByRole('button', { name: 'Start' }).waitFor();
      expect(await sidewaysScrollPx(page)).toBeLessThanOrEqual(0);
      expect(await accessibilityProblems(page)).toEqual([]);
      await screenshot(page, `start-${sizeName}-${colorScheme}`);
      expect(problems).toEqual([]);
      await page.context().close();
    });
  });

  it('says when the server stores no sessions, and why', async () => {
    const full = await startScriptedServer({ sessions: [], historyOutage: 'the disk of the history is full' });
    const { page } = await openPage(browser, full.url);
    await page.getByRole('status').getByText('a restart loses them: the disk of the history is full').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.goto(server.url);
    await page.locator('.session-card').first().waitFor();
    expect(await page.getByText('not stored').count()).toBe(0);
    await page.context().close();
    await full.close();
  });

  it('is usable by keyboard alone, with the focus always in sight', async () => {
    const { page } = await openPage(browser, `${server.url}/#/sessions/live`);
    await page.locator('.entry .emotion-chip').first().waitFor();
    const reached: string[] = [];
    for (let step = 0; step < 14; step += 1) {
      await page.keyboard.press('Tab');
      const focus = (await page.evaluate(`(() => {
        const element = document.activeElement;
        const style = getComputedStyle(element);
        return { name: element.getAttribute('aria-label') || element.textContent.trim(), outline: parseFloat(style.outlineWidth) };
      })()`)) as { name: string; outline: number };
      expect(focus.outline, focus.name).toBeGreaterThanOrEqual(2);
      reached.push(focus.name);
    }
    expect(reached).toEqual(
      expect.arrayContaining([
        'Undertone',
        'Back to all sessions',
        '1 min',
        'Whole call',
        'Agent, utterances in time',
        'Marta Lind, utterances in time',
        'Timeline as a table',
        'Newest first',
      ]),
    );

    await page.getByRole('slider', { name: 'Marta Lind, utterances in time' }).focus();
    await page.keyboard.press('Home');
    await page.locator('.details', { hasText: 'It is about my invoice.' }).waitFor();
    await page.locator('.entry-selected', { hasText: 'It is about my invoice.' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.locator('.details', { hasText: 'charged me twice' }).waitFor();

    await page.getByText('Timeline as a table').press('Enter');
    await page.getByRole('rowheader', { name: 'Marta Lind' }).first().waitFor();
    await page.context().close();
  });

  it('switches between light and dark and remembers the choice', async () => {
    const { page } = await openPage(browser, server.url, { colorScheme: 'light' });
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await page.getByRole('button', { name: 'Switch to dark colours' }).click();
    expect(await background()).not.toBe(light);
    await page.reload();
    await page.getByRole('button', { name: 'Switch to light colours' }).waitFor();
    expect(await background()).not.toBe(light);
    await page.context().close();
  });

  it('says what to do when a session is not held', async () => {
    const { page } = await openPage(browser, `${server.url}/#/sessions/none`);
    await page.getByText('This session is not here').waitFor();
    await page.getByRole('link', { name: 'See all sessions' }).click();
    await page.getByText('Billing, line 4').waitFor();
    await page.context().close();
  });

  it('stands still for people who asked for less motion', async () => {
    const { page } = await openPage(browser, `${server.url}/#/sessions/live`, { reducedMotion: 'reduce' });
    await page.locator('.speaking-bars i').first().waitFor();
    const animation = await page.evaluate(`getComputedStyle(document.querySelector('.speaking-bars i')).animationName`);
    expect(animation).toBe('none');
    await page.context().close();
  });
});

describe.skipIf(!hasChromium)('the dashboard of a server without calls', () => {
  it('says how the first call comes about', async () => {
    const server = await startScriptedServer({ sessions: [] });
    const { page } = await openPage(browser, server.url);
    await page.getByText('No calls yet').waitFor();
    await screenshot(page, 'empty');
    await page.getByRole('main').getByRole('link', { name: 'Start with my microphone and camera' }).click();
    await page.getByRole('heading', { name: 'Start with this computer' }).waitFor();
    await page.context().close();
    await server.close();
  });
});

describe.skipIf(!hasChromium)('the dashboard of a server with a token', () => {
  it('asks for it, says when it is wrong, and keeps it for the tab', async () => {
    const server = await startScriptedServer({
      sessions: [{ sessionId: 'live', events: liveCall().held }],
      token: 'open-sesame',
    });
    const { page } = await openPage(browser, server.url);
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('alert').getByText('not a token that the server accepts').waitFor();
    await page.getByLabel('Token').fill('open-sesame');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Billing, line 4').waitFor();
    await page.reload();
    await page.getByText('Billing, line 4').click();
    await page.locator('.entry .emotion-chip').first().waitFor();
    await page.context().close();
    await server.close();
  });
});
