import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import {
  accessibilityProblems,
  hasChromium,
  launchBrowser,
  openPage,
  SIZES,
  screenshot,
  sidewaysScrollPx,
} from '../../support/dashboard/browser-page.ts';
import { type ScriptedServer, startScriptedServer } from '../../support/dashboard/scripted-server.ts';
import { syntheticCall } from '../../support/dashboard/synthetic-call.ts';

const STARTED_AT = '2026-01-05T09:00:00Z';

/** A live call whose last speaker is still speaking, and the events that follow. */
function liveCall(): { held: EmotionEvent[]; next: EmotionEvent[] } {
  const base = { sessionId: 'live', title: 'Billing, line 4', startedAt: STARTED_AT, isEnded: false };
  const events = syntheticCall({ ...base, utteranceCount: 16 });
  const cut = events.findLastIndex((event) => event.type === 'utterance.started') + 1;
  return { held: events.slice(0, cut), next: events.slice(cut) };
}

let browser: Browser;
beforeAll(async () => {
  if (hasChromium) browser = await launchBrowser();
});
afterAll(() => browser?.close());

describe.skipIf(!hasChromium)('the dashboard in a browser', () => {
  let server: ScriptedServer;
  let next: EmotionEvent[];

  beforeEach(async () => {
    const live = liveCall();
    next = live.next;
    const ended = syntheticCall({ sessionId: 'ended', title: null, startedAt: STARTED_AT, utteranceCount: 30 });
    server = await startScriptedServer({
      sessions: [
        { sessionId: 'live', events: live.held },
        { sessionId: 'ended', events: ended },
      ],
    });
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

  it('shows who speaks, then the score, then its revision in the same place', async () => {
    const { page } = await openPage(browser, `${server.url}/#/sessions/live`);
    const newest = page.locator('.entry').first();
    await newest.getByText('Speaking…').waitFor();
    await page.locator('.glance .speaking-on').waitFor();
    const countBefore = await page.locator('.entry').count();

    const [first, revised] = next;
    server.append('live', first!);
    await newest.getByText('No words yet').waitFor();
    expect(await newest.locator('.revision').count()).toBe(0);
    server.append('live', revised!);
    await newest.locator('.revision').waitFor();
    const words = revised!.type === 'utterance.emotion' ? revised!.transcript!.text : '';
    await newest.getByText(words).waitFor();
    expect(await page.locator('.entry').count()).toBe(countBefore);
    await page.locator('[role=status]', { hasText: 'Marta Lind' }).waitFor({ state: 'attached' });
    await page.context().close();
  });

  it('says quietly that words did not count, and shows them', async () => {
    const { page, problems } = await openPage(browser, `${server.url}/#/sessions/live`);
    const newest = page.locator('.entry').first();
    await newest.getByText('Speaking…').waitFor();
    const [first] = next;
    if (first?.type !== 'utterance.emotion') throw new TypeError('the call goes on with a score');
    const text = { state: 'absent', contribution: 0, quality: null, reason: 'unsupported-language' } as const;
    const transcript = { text: 'Ich verstehe Sie leider schlecht.' };
    server.append('live', { ...first, modalities: { ...first.modalities, text }, transcript });
    await newest.getByText(transcript.text).waitFor();
    const state = newest.locator('.modality-absent .modality-state', { hasText: 'other language' });
    await state.waitFor();
    expect(await state.getAttribute('title')).toMatch(/language that the model does not read/);
    expect(await newest.locator('.entry-failure').count()).toBe(0);
    expect(await sidewaysScrollPx(page)).toBeLessThanOrEqual(0);
    expect(await accessibilityProblems(page)).toEqual([]);
    await screenshot(page, 'language-not-read');
    expect(problems).toEqual([]);
    await page.context().close();
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

  it('shows the details of an utterance that is pointed at', async () => {
    const { page } = await openPage(browser, `${server.url}/#/sessions/ended`);
    const block = page.locator('.lane-picture .block').nth(3);
    const box = (await block.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.locator('.details-head .emotion-chip').waitFor();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.locator('.entry-selected').waitFor();
    await page.context().close();
  });

  it.each(['light', 'dark'] as const)(
    'shows in %s colours which words and sets an answer rests on',
    async (colorScheme) => {
      const { page, problems } = await openPage(browser, `${server.url}/#/sessions/ended`, { colorScheme });
      await page.getByText('Ended', { exact: true }).first().waitFor();
      await page.locator('.entry .emotion-chip').first().waitFor();
      await page.getByRole('slider', { name: 'Marta Lind, utterances in time' }).focus();
      await page.keyboard.press('Home');
      await page.locator('.details', { hasText: 'It is about my invoice.' }).waitFor();
      await page.keyboard.press('ArrowRight');
      const details = page.locator('.details', { hasText: 'charged me twice' });
      await details.waitFor();
      expect(await details.locator('.details-words').innerText()).toBe(
        'You charged me twice, and nobody answers my letters!',
      );
      const shades = await details
        .locator('.weighed-word')
        .evaluateAll((words) => words.map((word) => getComputedStyle(word).backgroundColor));
      expect(shades).toHaveLength(9);
      expect(new Set(shades).size).toBeGreaterThan(4);
      expect(
        await details.getByRole('list', { name: 'What counted most' }).getByRole('listitem').allInnerTexts(),
      ).toEqual([
        expect.stringMatching(/^words\s+40\s?%$/),
        expect.stringMatching(/^voice\s+17\s?%$/),
        expect.stringMatching(/^words × face\s+14\s?%$/),
        expect.stringMatching(/^words × \(voice \+ face\)\s+12\s?%$/),
      ]);
      await page.locator('.timeline').scrollIntoViewIfNeeded();
      await screenshot(page, `explained-${colorScheme}`);
      await page.setViewportSize(SIZES.phone);
      expect(await sidewaysScrollPx(page)).toBeLessThanOrEqual(0);
      await screenshot(page, `explained-phone-${colorScheme}`);
      expect(problems).toEqual([]);
      await page.context().close();
    },
  );

  it('says that the connection is lost, keeps what it has, and goes on where it was', async () => {
    const { page } = await openPage(browser, `${server.url}/#/sessions/live`);
    await page.locator('.entry .emotion-chip').first().waitFor();
    const countBefore = await page.locator('.entry').count();
    server.isDown = true;
    await page.getByRole('alert').getByText('Connection lost').waitFor();
    expect(await page.locator('.entry').count()).toBe(countBefore);
    await screenshot(page, 'connection-lost');
    await page.getByRole('button', { name: 'Try now' }).click();
    server.append('live', ...next);
    server.isDown = false;
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await page.locator('.entry').first().locator('.revision').waitFor();
    expect(await page.locator('.entry').count()).toBe(countBefore);
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

  it('lets direction marks in names, titles and words turn nothing but themselves', async () => {
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

describe.skipIf(!hasChromium)('a call of 2000 utterances', () => {
  it('draws a bounded part of itself and scrolls to any other', async () => {
    const events = syntheticCall({ sessionId: 'long', title: 'Long', startedAt: STARTED_AT, utteranceCount: 2000 });
    const server = await startScriptedServer({ sessions: [{ sessionId: 'long', events }] });
    const { page } = await openPage(browser, `${server.url}/#/sessions/long`);
    await page.locator('#transcript-title .count', { hasText: '2000' }).waitFor();
    expect(await page.locator('.entry').count()).toBeLessThan(200);
    expect(await page.locator('.lane-picture .block').count()).toBeLessThan(500);

    const lane = page.locator('.lane-surface').last();
    await lane.focus();
    await page.keyboard.press('Home');
    await page.locator('.entry-selected', { hasText: 'invoice' }).waitFor();
    const slowestMs = (await page.evaluate(`new Promise((resolve) => {
      const scroller = document.querySelector('.transcript-scroll');
      let slowest = 0, frames = 0, last = performance.now();
      const step = (now) => {
        slowest = Math.max(slowest, now - last);
        last = now;
        scroller.scrollTop -= 400;
        if (++frames < 40) requestAnimationFrame(step);
        else resolve(slowest);
      };
      requestAnimationFrame(step);
    })`)) as number;
    expect(slowestMs).toBeLessThan(500);
    expect(await page.locator('.entry').count()).toBeLessThan(200);
    await page.context().close();
    await server.close();
  });
});
