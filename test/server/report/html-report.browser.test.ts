import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import { encodeListeningSound } from '../../../server/ingest/file/listening-sound.ts';
import { type HtmlReportSource, renderHtmlReport } from '../../../server/report/html-report.ts';
import {
  accessibilityProblems,
  hasChromium,
  openPage,
  SIZES,
  screenshot,
  sharedBrowser,
  sidewaysScrollPx,
} from '../../support/dashboard/browser-page.ts';
import { syntheticCall } from '../../support/dashboard/synthetic-call.ts';

const HOSTILE = `</script><img src=x onerror="document.title='taken'"><!--\u2028 & "quoted"`;
const CALL = { sessionId: 's', title: null, startedAt: '2026-01-05T09:00:00Z', utteranceCount: 16, isJudged: true };
const ARTIFACTS = fileURLToPath(new URL('../../artifacts/', import.meta.url));

function reportOf(events: readonly EmotionEvent[], more: Partial<HtmlReportSource> = {}): string {
  const durationMs = events.at(-1)?.mediaTimeMs ?? 1000;
  return renderHtmlReport({ events, title: 'Billing', sourceFileName: 'a.wav', durationMs, modelId: 'm@1', ...more });
}

/** A sound of this length as a report holds it. */
async function quietSound(durationMs: number): Promise<Uint8Array | null> {
  const sampleRateHz = 8000;
  const samples = Float32Array.from({ length: (durationMs * sampleRateHz) / 1000 }, (_, at) => Math.sin(at / 4) / 50);
  const participant = { id: 'a', role: 'unknown', displayName: null } as const;
  return encodeListeningSound({
    recording: {
      durationMs,
      channelCount: 1,
      sampleRateHz,
      hasVideo: false,
      async *audio() {
        yield { kind: 'audio', startMs: 0, channels: [samples] } as const;
      },
      async *images() {},
      close: () => {},
    },
    lanes: [{ participant, sound: { channels: [0], gain: 1, heard: null } }],
    signal: new AbortController().signal,
  });
}

/** A short call in which title, file name, speaker, words and warnings all try to break out of the page. */
function hostileReport(): string {
  const events = syntheticCall({ ...CALL, title: HOSTILE }).map((event): EmotionEvent => {
    if (event.type !== 'utterance.emotion') return event;
    const participant = { ...event.participant, displayName: HOSTILE };
    return { ...event, participant, transcript: event.transcript && { text: HOSTILE } };
  });
  return reportOf(events, { title: HOSTILE, sourceFileName: HOSTILE, warnings: [{ message: HOSTILE }] });
}

describe('the HTML report', () => {
  it('is one file that needs nothing else', () => {
    const html = hostileReport();
    expect(html).not.toMatch(/<link|<script[^>]*\ssrc=|@import|url\(["']?https?:/);
    expect(html).toContain("default-src 'none'");
    expect(html).not.toContain('media-src');
  });

  it('lets no text of the call end its script or become markup', () => {
    const html = hostileReport();
    expect(html.match(/<\/script/g)).toHaveLength(2);
    expect(html.match(/<\/style/g)).toHaveLength(1);
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;/script&gt;&lt;img');
  });
});

describe.skipIf(!hasChromium)('the HTML report in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  let browser: Browser;
  beforeAll(async () => {
    browser = await sharedBrowser();
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const open = async (html: string, options: Parameters<typeof openPage>[2] = {}) => {
    const file = join(folder, 'report.html');
    writeFileSync(file, html);
    return openPage(browser, pathToFileURL(file).href, options);
  };

  it('draws itself from a file at both sizes, and shows hostile text as text', async () => {
    const html = hostileReport();
    for (const [name, viewport] of Object.entries(SIZES)) {
      const { page, problems } = await open(html, { viewport });
      await page.locator('.row').first().waitFor();
      expect(await page.title()).toContain('</script><img');
      expect(await page.locator('.row-words', { hasText: '</script><img' }).count()).toBeGreaterThan(5);
      expect(await page.locator('img').count()).toBe(0);
      expect(await sidewaysScrollPx(page)).toBeLessThanOrEqual(0);
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(problems).toEqual([]);
      await screenshot(page, `report-hostile-${name}`);
      await page.context().close();
    }
  });

  it('says how the call began and ended for the customer, where to listen, and nothing of the emotions of the agent', async () => {
    const { page, problems } = await open(reportOf(syntheticCall(CALL)));
    const customer = page.locator('.summary-card', { hasText: 'Marta Lind' });
    await customer.getByText('Ended better').waitFor();
    await customer.getByText(/^9 utterances, \d of them unclear$/).waitFor();
    await customer.getByText(/^Dissatisfaction likely in \d of \d utterances with words$/).waitFor();
    await page.locator('.summary-card', { hasText: 'Agent' }).getByText('Emotions of agents are off.').waitFor();
    await page.getByText('The emotions of agents are off, and this file does not hold them.').waitFor();
    expect(await page.locator('.row', { hasText: 'Good morning' }).locator('.emotion-chip').count()).toBe(0);
    const worst = page.locator('.moment-list', { hasText: 'Worst moments' }).getByRole('button');
    expect(await worst.first().innerText()).toContain('This is the third time');

    await page.getByLabel('Search the words').fill('letter');
    expect(await page.locator('.row').count()).toBe(2);
    expect(await page.locator('.row mark').count()).toBe(2);
    await page.getByLabel('Search the words').fill('');
    await page.getByLabel('Emotion').selectOption('unclear');
    const unclear = await page.locator('.row').count();
    expect(unclear).toBeGreaterThan(0);
    expect(await page.locator('.row .emotion-chip-unclear').count()).toBe(unclear);

    await page
      .getByRole('button', { name: /^Details of Marta Lind/ })
      .first()
      .click();
    await page.getByRole('list', { name: 'What this rests on' }).waitFor();
    await worst.first().click();
    await page.locator('.row-selected', { hasText: 'This is the third time' }).waitFor();
    expect(await page.locator('.row').count()).toBe(CALL.utteranceCount);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: /CSV/ }).click();
    expect((await saved).suggestedFilename()).toBe('a.csv');
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('plays from a click, marks the row that is being spoken, and moves the timeline', async () => {
    const events = syntheticCall(CALL);
    const sound = await quietSound(events.at(-1)!.mediaTimeMs);
    const { page, problems } = await open(reportOf(events, { sound }));
    const spoken = page.locator('.row-spoken');
    await page.locator('.moment').first().click();
    await spoken.getByText('This is the third time').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    expect(await spoken.count()).toBe(0);
    expect(await page.locator('.play-cursor').count()).toBe(1);
    const row = page.locator('.row', { hasText: 'Just like that. The money' });
    const time = await row.locator('.row-time').innerText();
    await row.getByRole('button', { name: /^Play Agent from/ }).click();
    await spoken.getByText('Just like that. The money').waitFor();
    await page.locator('.player-time', { hasText: time }).waitFor();
    const lane = page.locator('.lane-surface').first();
    await lane.click({ position: { x: 5, y: 20 } });
    await page.locator('.row-selected', { hasText: 'Good morning' }).first().waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(problems).toEqual([]);
    await screenshot(page, 'report-playing');
    await page.close();
  });

  it('shows emotions of agents on request, and tells nothing that the events do not', async () => {
    const events = syntheticCall({ ...CALL, utteranceCount: 12, isJudged: false });
    const { page } = await open(reportOf(events, { showsAgentEmotions: true }));
    await page.locator('.row', { hasText: 'Good morning' }).locator('.emotion-chip').waitFor();
    expect(await page.getByText(/unclear|dissatisf|agents are off/i).count()).toBe(0);
    await page.context().close();
  });

  it('prints an hour on at most 12 pages in light colours, every utterance of it', async () => {
    const events = syntheticCall({ ...CALL, utteranceCount: 850 });
    expect(events.at(-1)?.mediaTimeMs).toBeGreaterThan(3_600_000);
    const { page, problems } = await open(reportOf(events), { colorScheme: 'dark' });
    await page.getByText('by minute').waitFor();
    expect(await page.locator('.row').count()).toBe(850);
    await screenshot(page, 'report-hour-dark');
    const pdf = await page.pdf({ format: 'A4', printBackground: true });
    mkdirSync(ARTIFACTS, { recursive: true });
    writeFileSync(join(ARTIFACTS, 'report-hour.pdf'), pdf);
    expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length).toBeLessThanOrEqual(12);
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('says so when nobody spoke', async () => {
    const { page } = await open(reportOf([]));
    await page.getByText('Nobody spoke').waitFor();
    await page.context().close();
  });
});
