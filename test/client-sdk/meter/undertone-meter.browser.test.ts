import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { METER_STYLE } from '../../../client-sdk/meter/meter-style.ts';
import type { EmotionEvent, UtteranceEmotion } from '../../../client-sdk/protocol/index.ts';
import { bundleForPage } from '../../support/client-sdk/device-faces.ts';
import { hasChromium, openPage, screenshot, sharedBrowser } from '../../support/dashboard/browser-page.ts';
import { type EventParts, emotion } from '../../support/dashboard/events.ts';
import { type ScriptedServer, startScriptedServer } from '../../support/dashboard/scripted-server.ts';
import { AGENT, CUSTOMER } from '../../support/dashboard/synthetic-call.ts';

const TOKEN = 'a-secret-of-some-length';
const PAGE = `<!doctype html><html lang="en"><meta name="color-scheme" content="light dark"><title>Meter</title><link rel="icon" href="/icon.svg">
<script src="/meter.js"></script>
<main><button id="before">Before</button><div id="here"></div><div id="there"></div><button id="after">After</button></main>`;

const STARTED: EmotionEvent = {
  type: 'session.started',
  sessionId: 'live',
  sequence: 1,
  mediaTimeMs: 0,
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  startedAt: '2026-11-20T10:00:00.000Z',
  title: null,
  modelId: 'm@1',
};

function scored(sequence: number, given: Partial<EventParts>): UtteranceEmotion {
  return { ...emotion({ startMs: 1000, ...given, sequence }), sessionId: 'live' };
}

/** A busy machine takes its time. */

describe('the palette of the meter', () => {
  it('is the dashboard’s', async () => {
    const tokens = await readFile(new URL('../../../server/dashboard/styles/tokens.css', import.meta.url), 'utf8');
    const colours = [...METER_STYLE.matchAll(/--undertone-([a-z-]+), (light-dark\([^)]*\))/g)];
    const names: Record<string, string> = { surface: 'surface-card', inset: 'surface-inset' };
    expect(colours).toHaveLength(16);
    for (const [, name, colour] of colours) {
      const token = [names[name!] ?? name, `emotion-${name}`].find((candidate) => tokens.includes(`--${candidate}: `));
      expect(tokens).toContain(`--${token}: ${colour};`);
    }
  });
});

describe.skipIf(!hasChromium)('an <undertone-meter>', () => {
  let server: ScriptedServer;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    const script = await bundleForPage(`import './meter/index.ts';`);
    server = await startScriptedServer({
      sessions: [{ sessionId: 'live', events: [STARTED] }],
      token: TOKEN,
      pages: {
        '/meter': { contentType: 'text/html', body: PAGE },
        '/icon.svg': { contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' },
        '/meter.js': { contentType: 'text/javascript', body: script },
      },
    });
    browser = await sharedBrowser();
    ({ page, problems } = await openPage(browser, `${server.url}/meter`));
    await page.evaluate((token) => {
      const meter = Object.assign(document.createElement('undertone-meter'), { token });
      meter.setAttribute('session', 'live');
      document.addEventListener('undertone-event', (event) => {
        const world = globalThis as unknown as { seen?: number[] };
        world.seen = [...(world.seen ?? []), (event as CustomEvent<EmotionEvent>).detail.sequence];
      });
      document.querySelector('#here')!.append(meter);
    }, TOKEN);
  });
  afterAll(async () => {
    await page?.context().close();
    await server?.close();
  });

  const part = (name: string) => page.locator(`undertone-meter [part="${name}"]`);
  const seen = () => page.evaluate(() => (globalThis as unknown as { seen?: number[] }).seen ?? []);

  it('waits for the first word, then shows what was expressed, by whom and how surely', async () => {
    await expect.poll(() => part('status').textContent()).toBe('Live');
    expect(await part('waiting').textContent()).toBe('Nothing said yet');
    expect(await part('bars').isVisible()).toBe(false);
    server.append('live', scored(2, { label: 'anger', confidence: 0.7, sentiment: -1.9, participant: CUSTOMER }));
    await expect.poll(() => part('label').textContent()).toBe('Anger');
    expect(await part('name').textContent()).toBe('Marta Lind');
    expect(await part('confidence').textContent()).toBe('70 % sure');
    expect(await part('sentiment').textContent()).toBe('−1.9 very negative');
    expect(await part('revision').textContent()).toBe('Provisional');
    expect(await part('modality modality-text').textContent()).toBe('Words late');
    const width = (name: string) =>
      page.evaluate((label) => {
        const root = document.querySelector('undertone-meter')!.shadowRoot!;
        for (const animation of root.getAnimations()) animation.finish();
        return root.querySelector(`.bar.${label} .share`)!.getBoundingClientRect().width;
      }, name);
    expect((await width('anger')) / (await width('joy'))).toBeCloseTo(14, 0);
    const revised = scored(3, { label: 'anger', confidence: 0.8, participant: CUSTOMER, revision: 1 });
    const video = { state: 'noisy', contribution: 0.2, quality: 0.9, reason: 'mouth-covered' } as const;
    server.append('live', { ...revised, modalities: { ...revised.modalities, video } });
    await expect.poll(() => part('revision').textContent()).toBe('Revised');
    expect(await part('modality modality-video').textContent()).toBe('Face mouth covered');
    expect(await seen()).toEqual([1, 2, 3]);
  });

  it('shows one participant where one is named, else whoever spoke last', async () => {
    server.append('live', scored(4, { label: 'joy', confidence: 0.6, startMs: 5000, participant: AGENT }));
    await expect.poll(() => part('label').textContent()).toBe('Joy');
    await page.evaluate(() => document.querySelector('undertone-meter')!.setAttribute('participant', 'customer'));
    expect(await part('label').textContent()).toBe('Anger');
    await page.evaluate(() => document.querySelector('undertone-meter')!.removeAttribute('participant'));
    expect(await part('label').textContent()).toBe('Joy');
  });

  it('tells screen readers meters with values, and the mood politely', async () => {
    const tree = await page.locator('undertone-meter').ariaSnapshot();
    expect(tree).toContain('group "Emotions"');
    expect(tree).toContain('meter "Joy"');
    const bar = page.locator('undertone-meter [role=meter][aria-label=Joy]');
    expect(await bar.getAttribute('aria-valuenow')).toBe('60');
    await expect.poll(() => part('announcement').textContent()).toBe('Agent: Joy, neutral');
    expect(await part('announcement').getAttribute('aria-live')).toBe('polite');
    await page.locator('#before').focus();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('after');
  });

  it('shows an uncertain answer quietly as unclear, with what is most probable', async () => {
    server.append(
      'live',
      scored(5, { label: 'fear', confidence: 0.4, certain: false, startMs: 7000, participant: CUSTOMER }),
    );
    await expect.poll(() => part('label').textContent()).toBe('Unclear');
    expect(await part('confidence').textContent()).toBe('perhaps fear, 40 %');
    expect(await part('meter').getAttribute('class')).toBe('meter unclear');
    expect(await page.locator('undertone-meter .bar.top').count()).toBe(0);
    expect(await page.locator('undertone-meter [role=meter][aria-label=Fear]').getAttribute('aria-valuenow')).toBe(
      '40',
    );
    await expect.poll(() => part('announcement').textContent()).toBe('Marta Lind: Unclear, perhaps fear, neutral');
    await screenshot(page, 'meter-unclear');
  });

  it('shows dissatisfaction once it is told, and marks it where it is likely', async () => {
    const bar = page.locator('undertone-meter [role=meter][aria-label=Dissatisfaction]');
    expect(await part('dissatisfaction').isVisible()).toBe(false);
    const dissatisfaction = { probability: 0.72, likely: true };
    server.append('live', scored(6, { label: 'anger', certain: true, startMs: 8000, dissatisfaction }));
    await expect.poll(() => part('dissatisfaction').isVisible()).toBe(true);
    expect(await part('label').textContent()).toBe('Anger');
    expect(await bar.getAttribute('aria-valuenow')).toBe('72');
    expect(await bar.getAttribute('aria-valuetext')).toBe('72 %, likely');
    await expect.poll(() => part('announcement').textContent()).toMatch(/Anger, neutral, dissatisfaction likely$/);
    await screenshot(page, 'meter-dissatisfied');
    server.append('live', scored(7, { label: 'joy', certain: true, startMs: 8500 }));
    await expect.poll(() => bar.getAttribute('aria-valuetext')).toBe('no words yet');
    expect(await part('dissatisfaction').isVisible()).toBe(true);
  });

  it('has a style that a page may change, in the light and in the dark, and stands still where motion is not wanted', async () => {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    const styleOf = (name: string, property: string) =>
      part(name)
        .first()
        .evaluate((element, wanted) => getComputedStyle(element).getPropertyValue(wanted), property);
    expect(await styleOf('meter', 'background-color')).toBe('rgb(255, 255, 255)');
    expect(await styleOf('share', 'transition-duration')).toBe('0s');
    await screenshot(page, 'meter-light');
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'no-preference' });
    expect(await styleOf('meter', 'background-color')).toBe('rgb(22, 27, 36)');
    await screenshot(page, 'meter-dark');
    await page.locator('undertone-meter').evaluate((meter) => {
      (meter as HTMLElement).style.setProperty('--undertone-surface', 'rgb(1, 2, 3)');
    });
    expect(await styleOf('meter', 'background-color')).toBe('rgb(1, 2, 3)');
  });

  it('keeps its connection when it is moved, hangs up when it is removed, and goes on when it is back', async () => {
    await page.evaluate(() => {
      document.querySelector('#there')!.append(document.querySelector('undertone-meter')!);
    });
    server.append('live', scored(8, { label: 'fear', startMs: 9000, participant: CUSTOMER }));
    await expect.poll(() => part('label').textContent()).toBe('Fear');
    await page.evaluate(() => {
      const meter = document.querySelector('undertone-meter')!;
      Object.assign(globalThis, { meter });
      meter.remove();
    });
    server.append('live', scored(9, { label: 'sadness', startMs: 12_000, participant: CUSTOMER }));
    await page.waitForTimeout(300);
    expect(await seen()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await page.evaluate(() => {
      document.querySelector('#here')!.append((globalThis as unknown as { meter: HTMLElement }).meter);
    });
    await expect.poll(() => part('label').textContent()).toBe('Sadness');
    expect(await seen()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('says why it shows nothing, and nothing of all this broke the page’s policy', async () => {
    expect(problems).toEqual([]);
    await page.evaluate(() => document.querySelector('undertone-meter')!.setAttribute('session', 'no-such-one'));
    await expect.poll(() => part('status').textContent()).toBe('Failed');
    expect(await part('error').textContent()).toMatch(/holds no session with this id/);
    expect(await part('label').isVisible()).toBe(false);
  });
});
