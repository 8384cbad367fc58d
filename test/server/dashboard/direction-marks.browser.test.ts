import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import { hasChromium, openPage, sharedBrowser } from '../../support/dashboard/browser-page.ts';
import { startScriptedServer } from '../../support/dashboard/scripted-server.ts';
import { liveCall } from '../../support/dashboard/two-sessions.ts';

let browser: Browser;
beforeAll(async () => {
  if (hasChromium) browser = await sharedBrowser();
});

describe.skipIf(!hasChromium)('direction marks on the dashboard', () => {
  it('turn nothing but themselves in names, titles and words', async () => {
    const marks = '\u202E\u2066';
    const events = JSON.stringify(liveCall().held)
      .replaceAll('Marta Lind', `Marta${marks}dniL`)
      .replaceAll('Billing, line 4', `Billing${marks}4 enil`)
      .replaceAll('my invoice', `my${marks}eciovni`);
    const marked = await startScriptedServer({
      sessions: [{ sessionId: 'marked', events: JSON.parse(events) as EmotionEvent[] }],
    });
    const { page } = await openPage(browser, marked.url);
    // Texts that are read by screen readers alone are no picture that could mislead.
    const textsWithMarks = async (): Promise<{ text: string; isAlone: boolean }[]> =>
      (await page.evaluate(`(() => {
        const found = [];
        const walker = document.createTreeWalker(document.getElementById('main'), NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const { data: text, parentElement } = walker.currentNode;
          if (!text.includes('\u202E') || parentElement.closest('[role=status]') !== null) continue;
          const holder = parentElement.closest('bdi, [dir=auto]');
          const isAlone = holder !== null && getComputedStyle(holder).unicodeBidi.startsWith('isolate');
          found.push({ text, isAlone });
        }
        return found;
      })()`)) as { text: string; isAlone: boolean }[];

    await page.locator('.session-card .emotion-chip').first().waitFor();
    const inList = await textsWithMarks();
    await page.locator('.session-card').click();
    await page.locator('.entry .emotion-chip').first().waitFor();
    await page.getByText('Timeline as a table').click();
    await page.locator('.lane').first().waitFor();
    const inSession = await textsWithMarks();
    for (const { text, isAlone } of [...inList, ...inSession]) expect(isAlone, text).toBe(true);
    for (const part of ['Marta', 'Billing']) expect(inList.some(({ text }) => text.includes(part))).toBe(true);
    for (const part of ['Marta', 'Billing', 'my']) expect(inSession.some(({ text }) => text.includes(part))).toBe(true);
    // What stands beside a name is written from left to right.
    const time = (await page.evaluate(`(() => {
      const name = [...document.querySelectorAll('.entry-speaker')].find(({ textContent }) => textContent.includes('Marta'));
      const { firstChild } = name.querySelector('.muted');
      return [...firstChild.data].map((_, at) => {
        const range = document.createRange();
        range.setStart(firstChild, at);
        range.setEnd(firstChild, at + 1);
        return range.getBoundingClientRect().left;
      });
    })()`)) as number[];
    expect(time).toEqual([...time].sort((a, b) => a - b));
    await page.context().close();
    await marked.close();
  });
});
