import type { Browser, Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EmotionEvent, UtteranceEmotion } from '../../../client-sdk/protocol/index.ts';
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
import { syntheticCall } from '../../support/dashboard/synthetic-call.ts';

const CALL = { title: 'Billing, line 4', startedAt: '2026-01-05T09:00:00Z' };
/** What a page shows only where events tell it. */
const MARKS =
  '.dissatisfaction, .glance-dissatisfaction, .participant-mark, .dissatisfaction-low, .unclear, .unclear-glyph';

let browser: Browser;
beforeAll(async () => {
  if (hasChromium) browser = await sharedBrowser();
});

describe.skipIf(!hasChromium)('a call whose events tell certainty, dissatisfaction and baselines', () => {
  let server: ScriptedServer;
  let events: EmotionEvent[];

  beforeEach(async () => {
    events = syntheticCall({ ...CALL, sessionId: 'live', utteranceCount: 7, isEnded: false, isJudged: true });
    server = await startScriptedServer({
      sessions: [
        { sessionId: 'live', events },
        { sessionId: 'old', events: syntheticCall({ ...CALL, sessionId: 'old', utteranceCount: 12 }) },
      ],
    });
  });
  afterEach(() => server.close());

  /** One more score of the customer, like their last, with `changes`. */
  function nextScore(changes: Partial<UtteranceEmotion>): UtteranceEmotion {
    const last = events.findLast((event) => event.type === 'utterance.emotion' && event.participant.id === 'customer');
    if (last?.type !== 'utterance.emotion') throw new TypeError('the customer said nothing');
    const startMs = events.at(-1)!.mediaTimeMs + 1000;
    const range = { utteranceId: `customer-${startMs}`, startMs, endMs: startMs + 1500, mediaTimeMs: startMs + 1500 };
    return { ...last, ...range, sequence: events.at(-1)!.sequence + 1, ...changes };
  }

  async function openCall(sessionId: string): Promise<{ page: Page; problems: string[] }> {
    const opened = await openPage(browser, `${server.url}/#/sessions/${sessionId}`);
    await opened.page.locator('.entry .emotion-chip').first().waitFor();
    return opened;
  }

  const glanceOf = (page: Page, name: string) => page.locator('.glance-card', { hasText: name });

  describe.each(Object.entries(SIZES))('on a %s', (sizeName, viewport) => {
    it.each(['light', 'dark'] as const)('fits and breaks no rule in %s colours', async (colorScheme) => {
      const { page, problems } = await openPage(browser, server.url, { viewport, colorScheme });
      await page.locator('.participant-mark').first().waitFor();
      expect(await sidewaysScrollPx(page)).toBeLessThanOrEqual(0);
      expect(await accessibilityProblems(page)).toEqual([]);
      await screenshot(page, `judged-list-${sizeName}-${colorScheme}`);
      await page
        .locator('.session-card', { has: page.locator('.participant-mark') })
        .first()
        .click();
      await page.locator('.entry .dissatisfaction').first().waitFor();
      await page.getByRole('slider', { name: 'Marta Lind, utterances in time' }).focus();
      await page.keyboard.press('End');
      await page.locator('.details-head').waitFor();
      expect(await sidewaysScrollPx(page)).toBeLessThanOrEqual(0);
      expect(await accessibilityProblems(page)).toEqual([]);
      await screenshot(page, `judged-session-${sizeName}-${colorScheme}`);
      expect(problems).toEqual([]);
      await page.context().close();
    });
  });

  it('shows an uncertain answer quietly as unclear, with its most probable label for all who look or listen', async () => {
    const { page, problems } = await openCall('live');
    const score = nextScore({});
    const probabilities = { ...score.emotion.probabilities, anger: 0.41, disgust: 0.2 };
    const emotion = { label: 'anger', certain: false, confidence: 0.41, probabilities } as const;
    server.append('live', { ...score, emotion, dissatisfaction: { probability: 0.3, likely: false } });

    const newest = page.locator('.entry').first();
    const chip = newest.locator('.emotion-chip-unclear');
    await chip.waitFor();
    expect(await chip.innerText()).toMatch(/Unclear[\s\S]*anger/);
    expect(await chip.textContent()).toContain('Unclear, perhaps');
    expect(await chip.textContent()).toContain('41 %');
    expect(await chip.getAttribute('title')).toBe('Perhaps anger, 41 %');

    const glance = glanceOf(page, 'Marta Lind');
    expect(await glance.locator('.glance-word').innerText()).toBe('Unclear');
    await glance.getByText('perhaps anger, 41 %').waitFor();
    expect(await glance.getAttribute('class')).not.toContain('emotion-');
    expect(await page.locator('.lane-picture .unclear .block').count()).toBe(1);
    await page.getByRole('list', { name: 'Legend' }).getByText('Unclear').waitFor();

    const lane = page.getByRole('slider', { name: 'Marta Lind, utterances in time' });
    await lane.focus();
    await page.keyboard.press('End');
    expect(await lane.getAttribute('aria-valuetext')).toMatch(/, Unclear, perhaps anger, 41 %, Dissatisfaction 30 %$/);
    await page.locator('.details', { hasText: /Anger 41 % · Disgust 20 %/ }).waitFor();
    await page.getByText('Timeline as a table').click();
    await page.getByRole('cell', { name: 'Unclear, perhaps anger' }).waitFor();
    await page
      .locator('[role=status]', { hasText: 'Marta Lind: Unclear, perhaps anger' })
      .waitFor({ state: 'attached' });
    await screenshot(page, 'unclear');
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('shows dissatisfaction as a bar beside the sentiment, and marks it where it is likely', async () => {
    const { page, problems } = await openCall('live');
    server.append('live', nextScore({ dissatisfaction: { probability: 0.05, likely: false } }));
    const newest = page.locator('.entry').first();
    const bar = newest.locator('.entry-foot .dissatisfaction');
    await bar.filter({ hasText: /^Dissatisfaction5 %$/ }).waitFor();
    expect(await bar.getAttribute('class')).not.toContain('marked');
    const share = () =>
      bar.evaluate((element) => {
        const width = (part: string) => element.querySelector(part)!.getBoundingClientRect().width;
        return width('.dissatisfaction-share') / width('.dissatisfaction-track');
      });
    expect(await share()).toBeCloseTo(0.05, 2);

    server.append('live', nextScore({ dissatisfaction: { probability: 0.87, likely: true } }));
    await bar.filter({ hasText: /^Dissatisfaction87 % likely$/ }).waitFor();
    expect(await share()).toBeCloseTo(0.87, 2);
    expect(await bar.getAttribute('title')).toBe('Dissatisfaction 87 %, likely');
    const glance = glanceOf(page, 'Marta Lind').locator('.glance-dissatisfaction');
    expect(await glance.innerText()).toMatch(/Dissatisfaction\s*87 %\s*likely/);
    expect(await page.locator('.lane-picture .dissatisfaction-likely').last().getAttribute('d')).toMatch(/^M/);
    await page.locator('[role=status]', { hasText: 'dissatisfaction likely' }).waitFor({ state: 'attached' });
    await page.goto(`${server.url}/#/`);
    const card = page.locator('.session-card', { has: page.locator('.participant-mark b') });
    await card.getByText('dissatisfied').waitFor();
    await card.getByText('Dissatisfaction 87 %, likely').waitFor({ state: 'attached' });
    await screenshot(page, 'dissatisfied');
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('keeps the place of dissatisfaction while the words of the newest utterance are awaited', async () => {
    const { page } = await openCall('live');
    const glance = glanceOf(page, 'Marta Lind');
    const before = await glance.boundingBox();
    const { dissatisfaction, ...score } = nextScore({ revision: 0, transcript: null });
    expect(dissatisfaction).toBeDefined();
    const text = { state: 'late', contribution: 0, quality: null } as const;
    server.append('live', { ...score, modalities: { ...score.modalities, text } });
    await glance.getByText('no words yet').waitFor();
    expect(await glance.boundingBox()).toEqual(before);
    expect(await page.locator('.entry').first().locator('.dissatisfaction').count()).toBe(0);
    await page.context().close();
  });

  it('tells in the details with how many earlier utterances the voice was compared, and nothing on the first', async () => {
    const { page } = await openCall('live');
    await page.getByRole('slider', { name: 'Marta Lind, utterances in time' }).focus();
    await page.keyboard.press('Home');
    const details = page.locator('.details');
    await details.getByText('It is about my invoice.').waitFor();
    expect(await details.innerText()).not.toContain('compared');
    await page.keyboard.press('ArrowRight');
    await details.getByText('Voice compared with 1 earlier utterance of this speaker').waitFor();
    await page.keyboard.press('ArrowRight');
    await details.getByText('Voice compared with 2 earlier utterances of this speaker').waitFor();
    await page.context().close();
  });

  it('shows events of an older server as before', async () => {
    const { page, problems } = await openCall('old');
    await page.getByRole('slider', { name: 'Marta Lind, utterances in time' }).focus();
    await page.keyboard.press('End');
    await page.locator('.details-head').waitFor();
    await page.getByText('Timeline as a table').click();
    await page.getByRole('columnheader', { name: 'Sentiment' }).waitFor();
    expect(await page.getByRole('columnheader').allInnerTexts()).toEqual([
      'Time',
      'Speaker',
      'Emotion',
      'Confidence',
      'Sentiment',
    ]);
    expect(await page.locator(MARKS).count()).toBe(0);
    expect(await page.getByText(/unclear|dissatisf|compared/i).count()).toBe(0);
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
