import type { Browser } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import {
  accessibilityProblems,
  hasChromium,
  openPage,
  SIZES,
  screenshot,
  sharedBrowser,
  sidewaysScrollPx,
} from '../../support/dashboard/browser-page.ts';
import type { ScriptedServer } from '../../support/dashboard/scripted-server.ts';
import { startTwoSessions } from '../../support/dashboard/two-sessions.ts';

let browser: Browser;
beforeAll(async () => {
  if (hasChromium) browser = await sharedBrowser();
});

describe.skipIf(!hasChromium)('a session in a browser', () => {
  let server: ScriptedServer;
  let next: EmotionEvent[];

  beforeEach(async () => {
    ({ server, next } = await startTwoSessions());
  });
  afterEach(() => server.close());

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

  it('says that a mouth is covered, beside what the face gave', async () => {
    const { page, problems } = await openPage(browser, `${server.url}/#/sessions/live`);
    const newest = page.locator('.entry').first();
    await newest.getByText('Speaking…').waitFor();
    const score = next.find((event) => event.type === 'utterance.emotion')!;
    const video = { state: 'noisy', contribution: 0.4, quality: 0.9, reason: 'mouth-covered' } as const;
    server.append('live', { ...score, modalities: { ...score.modalities, video } });
    const face = newest.locator('.modality-noisy', { hasText: 'mouth covered' });
    await face.waitFor();
    expect(await face.locator('.modality-name').textContent()).toBe('Face40 %');
    const columns = await newest.locator('.modality').evaluateAll((items) => items.map((item) => item.clientWidth));
    expect(Math.max(...columns) - Math.min(...columns)).toBeLessThan(20);
    expect(await face.locator('.modality-state').getAttribute('title')).toMatch(/mask or a hand covers the mouth/);
    expect(await sidewaysScrollPx(page)).toBeLessThanOrEqual(0);
    expect(await accessibilityProblems(page)).toEqual([]);
    await screenshot(page, 'mouth-covered');
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it.each(['desktop', 'phone'] as const)('keeps “Voice 100 %” in one line (%s)', async (size) => {
    const { page, problems } = await openPage(browser, `${server.url}/#/sessions/live`, { viewport: SIZES[size] });
    const newest = page.locator('.entry').first();
    await newest.waitFor();
    const score = next.find((event) => event.type === 'utterance.emotion')!;
    const { text, audio, video } = score.modalities;
    const modalities = {
      text: { ...text, contribution: 0 },
      audio: { ...audio, contribution: 1 },
      video: { ...video, contribution: 0 },
    };
    server.append('live', { ...score, revision: score.revision + 1 + (size === 'phone' ? 1 : 0), modalities });
    const share = newest.locator('.modality-name b', { hasText: '100 %' });
    await share.waitFor();
    const { heightPx, linePx } = await share.evaluate((element) => ({
      heightPx: element.getBoundingClientRect().height,
      linePx: Number.parseFloat(getComputedStyle(element).fontSize),
    }));
    expect(heightPx).toBeLessThan(2 * linePx);
    expect(await sidewaysScrollPx(page)).toBeLessThanOrEqual(0);
    expect(problems).toEqual([]);
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
});
