import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
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
