import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, openPage, sharedBrowser } from '../../support/dashboard/browser-page.ts';
import { startScriptedServer } from '../../support/dashboard/scripted-server.ts';
import { syntheticCall } from '../../support/dashboard/synthetic-call.ts';
import { STARTED_AT } from '../../support/dashboard/two-sessions.ts';

let browser: Browser;
beforeAll(async () => {
  if (hasChromium) browser = await sharedBrowser();
});

describe.skipIf(!hasChromium)('a call of 2000 utterances', () => {
  it('draws a bounded part of itself and scrolls to any other', async () => {
    const events = syntheticCall({
      sessionId: 'long',
      title: 'Long',
      startedAt: STARTED_AT,
      utteranceCount: 2000,
      isJudged: true,
    });
    const server = await startScriptedServer({ sessions: [{ sessionId: 'long', events }] });
    const { page } = await openPage(browser, `${server.url}/#/sessions/long`);
    await page.locator('#transcript-title .count', { hasText: '2000' }).waitFor();
    expect(await page.locator('.entry').count()).toBeLessThan(200);
    expect(await page.locator('.lane-picture .block').count()).toBeLessThan(500);

    const lane = page.locator('.lane-surface').last();
    await lane.focus();
    await page.keyboard.press('Home');
    await page.locator('.entry-selected', { hasText: 'invoice' }).waitFor();
    const frameMs = (await page.evaluate(`new Promise((resolve) => {
      const scroller = document.querySelector('.transcript-scroll');
      const frames = [];
      let last = performance.now();
      const step = (now) => {
        frames.push(now - last);
        last = now;
        scroller.scrollTop -= 400;
        if (frames.length < 40) requestAnimationFrame(step);
        else resolve(frames.sort((a, b) => a - b)[20]);
      };
      requestAnimationFrame(step);
    })`)) as number;
    expect(frameMs).toBeLessThan(500);
    expect(await page.locator('.entry').count()).toBeLessThan(200);
    await page.context().close();
    await server.close();
  });
});
