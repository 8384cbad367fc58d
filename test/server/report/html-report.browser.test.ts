import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { EmotionEvent, UtteranceEmotion } from '../../../client-sdk/protocol/index.ts';
import { renderHtmlReport } from '../../../server/report/html-report.ts';
import {
  accessibilityProblems,
  hasChromium,
  launchBrowser,
  openPage,
  SIZES,
  screenshot,
  sidewaysScrollPx,
} from '../../support/dashboard/browser-page.ts';
import { syntheticCall } from '../../support/dashboard/synthetic-call.ts';

const HOSTILE = `</script><img src=x onerror="document.title='taken'"><!--\u2028 & "quoted"`;

/** A short call in which title, file name, speaker and words all try to break out of the page. */
function hostileReport(): string {
  const base = { sessionId: 's', title: HOSTILE, startedAt: '2026-01-05T09:00:00Z', utteranceCount: 12 };
  const events = syntheticCall(base).map((event): EmotionEvent => {
    if (event.type !== 'utterance.emotion') return event;
    const participant = { ...event.participant, displayName: HOSTILE };
    return { ...event, participant, transcript: event.transcript && { text: HOSTILE } };
  });
  const modelId = 'undertone-mini@0.1.0';
  return renderHtmlReport({ events, title: HOSTILE, sourceFileName: HOSTILE, durationMs: 60_000, modelId });
}

/** The report of a call in a browser of its own. */
async function openReport(events: EmotionEvent[]) {
  const folder = await mkdtemp(join(tmpdir(), 'report-'));
  const file = join(folder, 'report.html');
  const data = { events, title: 'Billing', sourceFileName: 'a.wav', durationMs: 70_000, modelId: 'm@1' };
  await writeFile(file, renderHtmlReport(data));
  const browser = await launchBrowser();
  const { page, problems } = await openPage(browser, pathToFileURL(file).href);
  await page.locator('.entry').first().waitFor();
  const close = async (): Promise<void> => {
    await browser.close();
    await rm(folder, { recursive: true });
  };
  return { events, page, problems, close };
}

describe('the HTML report', () => {
  it('is one file that needs nothing else', () => {
    const html = hostileReport();
    expect(html).not.toMatch(/<link|<script[^>]*\ssrc=|@import|url\(["']?https?:/);
    expect(html).toContain("default-src 'none'");
  });

  it('lets no text of the call end its script or become markup', () => {
    const html = hostileReport();
    expect(html.match(/<\/script/g)).toHaveLength(2);
    expect(html.match(/<\/style/g)).toHaveLength(1);
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;/script&gt;&lt;img');
  });

  it('holds every event as it was', () => {
    const events = syntheticCall({ sessionId: 's', title: null, startedAt: '2026-01-05T09:00:00Z', utteranceCount: 3 });
    const data = { events, title: 'a.wav', sourceFileName: 'a.wav', durationMs: 1000, modelId: 'm@1' };
    const json = /<script type="application\/json" id="report-data">(.*?)<\/script>/.exec(renderHtmlReport(data))?.[1];
    expect(JSON.parse(json!)).toEqual(data);
  });
});

describe.skipIf(!hasChromium)('the HTML report in a browser', () => {
  it('draws summary, timeline and transcript from a file, at both sizes, and shows hostile text as text', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'report-'));
    const file = join(folder, 'report.html');
    await writeFile(file, hostileReport());
    const browser = await launchBrowser();
    for (const [name, viewport] of Object.entries(SIZES)) {
      const { page, problems } = await openPage(browser, pathToFileURL(file).href, { viewport });
      await page.locator('.entry').first().waitFor();
      expect(await page.title()).toContain('</script><img');
      expect(await page.locator('.entry-words', { hasText: '</script><img' }).count()).toBeGreaterThan(5);
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.locator('.summary-card').count()).toBe(2);
      expect(await page.locator('.lane-picture').count()).toBe(2);
      expect(await sidewaysScrollPx(page)).toBeLessThanOrEqual(0);
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(problems).toEqual([]);
      await screenshot(page, `report-${name}`);
    }
    await browser.close();
    await rm(folder, { recursive: true });
  });

  it('counts unclear utterances and likely dissatisfaction in its summary, and shows them quietly', async () => {
    const call = { sessionId: 's', title: null, startedAt: '2026-01-05T09:00:00Z', utteranceCount: 16 };
    const told = await openReport(syntheticCall({ ...call, isJudged: true }));
    const { page, problems } = told;
    const scores = new Map<string, UtteranceEmotion>();
    for (const event of told.events) if (event.type === 'utterance.emotion') scores.set(event.utteranceId, event);
    const customer = [...scores.values()].filter(({ participant }) => participant.id === 'customer');
    const unclear = customer.filter(({ emotion }) => emotion.certain === false);
    const judged = customer.flatMap(({ dissatisfaction }) => dissatisfaction ?? []);
    const likely = judged.filter((score) => score.likely);
    for (const found of [unclear, likely]) expect(found.length).toBeGreaterThan(0);

    const card = page.locator('.summary-card', { hasText: 'Marta Lind' });
    await card.getByText(`${customer.length} utterances, ${unclear.length} of them unclear`).waitFor();
    await card
      .getByText(`Dissatisfaction likely in ${likely.length} of ${judged.length} utterances with words`)
      .waitFor();
    const shares = await card.locator('.summary-shares').getByRole('listitem').allInnerTexts();
    expect(shares.at(-1)).toMatch(/^Unclear \d+ %$/);
    const percents = shares.map((text) => Number(/(\d+) %/.exec(text)![1]));
    expect(Math.abs(percents.reduce((sum, percent) => sum + percent, 0) - 100)).toBeLessThanOrEqual(shares.length);
    expect(await page.locator('.entry .emotion-chip-unclear').count()).toBe(
      [...scores.values()].filter(({ emotion }) => emotion.certain === false).length,
    );
    expect(await page.locator('.entry .dissatisfaction-marked').count()).toBe(
      [...scores.values()].filter(({ dissatisfaction }) => dissatisfaction?.likely === true).length,
    );
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(problems).toEqual([]);
    await screenshot(page, 'report-judged');
    await told.close();
  });

  it('tells nothing of that where the events do not', async () => {
    const call = { sessionId: 's', title: null, startedAt: '2026-01-05T09:00:00Z', utteranceCount: 12 };
    const { page, close } = await openReport(syntheticCall(call));
    await page
      .locator('.summary-card', { hasText: /6 utterances · \d+ s spoken/ })
      .first()
      .waitFor();
    expect(await page.getByText(/unclear|dissatisf/i).count()).toBe(0);
    await close();
  });

  it('prints every utterance in light colours', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'report-'));
    const file = join(folder, 'report.html');
    await writeFile(file, hostileReport());
    const browser = await launchBrowser();
    const { page } = await openPage(browser, pathToFileURL(file).href, { colorScheme: 'dark' });
    await page.locator('.entry').first().waitFor();
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.locator('.entry').count()).toBe(12);
    await browser.close();
    await rm(folder, { recursive: true });
  });

  it('says so when nobody spoke', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'report-'));
    const file = join(folder, 'report.html');
    const data = { events: [], title: 'a.wav', sourceFileName: 'a.wav', durationMs: 1000, modelId: 'm@1' };
    await writeFile(file, renderHtmlReport(data));
    const browser = await launchBrowser();
    const { page } = await openPage(browser, pathToFileURL(file).href);
    await page.getByText('Nobody spoke').waitFor();
    await browser.close();
    await rm(folder, { recursive: true });
  });
});
