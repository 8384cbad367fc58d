import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmotionClient, type EmotionEvent, type UtteranceEmotion } from '../../client-sdk/index.ts';
import type { Mediasoup } from '../../server/ingest/webrtc/mediasoup/mediasoup-types.ts';
import { hasChromium } from '../support/dashboard/browser-page.ts';
import { byArrival } from '../support/e2e/call-script.ts';
import { collect, isEmotion, streamProblems } from '../support/e2e/events.ts';
import { launchBrowserWithDevices } from '../support/e2e/fake-devices.ts';
import { publishCall } from '../support/e2e/publish-call.ts';
import { type RealServer, startRealServer } from '../support/e2e/real-server.ts';
import { CUSTOMER, readSampleCall } from '../support/e2e/sample-call.ts';
import { canSend, openBlankPage, publishFromPage } from '../support/webrtc/browser-publisher.ts';
import { findMediasoup } from '../support/webrtc/find-mediasoup.ts';
import { type ImpairedLink, openImpairedLink } from '../support/webrtc/impaired-link.ts';

/** The customer's first two turns and the silence behind them; the microphone hears it over and over. */
const VOICE_MS = 17_000;
const TOKEN = 'a-secret-of-some-length';
const CODECS = ['video/VP8', 'video/H264'] as const;
/** What each transport is held to. An SFU has asked again for what was lost only after it has missed it for a while. */
const BAD = {
  werift: { loss: 0.05, duplication: 0.05, jitterMs: 200, seed: 3 },
  mediasoup: { loss: 0.05, seed: 3 },
} as const;

const found = findMediasoup();
if ('missing' in found) console.warn(`SKIPPED: a browser through mediasoup, because ${found.missing}`);

/** From the first turn's end on: where in it a page begins to be heard is the browser's affair. */
function edgesOf(turns: readonly UtteranceEmotion[]): number[] {
  const [first, second] = turns as [UtteranceEmotion, UtteranceEmotion];
  return [second.startMs, second.endMs].map((edge) => edge - first.endMs);
}

const turnsOf = (events: readonly EmotionEvent[]) => events.filter(isEmotion).filter(({ revision }) => revision === 0);

describe.skipIf(!hasChromium)('a browser that publishes by WHIP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'undertone-whip-'));
  let browser: Browser;
  let expected: number[];
  /** Which of the codecs this browser can encode. */
  const codecs: (typeof CODECS)[number][] = [];

  beforeAll(async () => {
    const call = await readSampleCall();
    const voice = call.voices[0].subarray(0, (VOICE_MS * call.sampleRateHz) / 1000);
    browser = await launchBrowserWithDevices(folder, voice);
    // The same voice as it is, without a browser, a codec and a network.
    const direct = await startRealServer();
    const items = byArrival(call.audio(VOICE_MS).filter(({ speaker }) => speaker === CUSTOMER));
    const { sessionId } = await publishCall({ url: direct.url, items, speed: 4 });
    expected = edgesOf(turnsOf(await collect(createEmotionClient({ url: direct.url }).events(sessionId))));
    const { context, page } = await openBlankPage(browser, direct.url);
    for (const codec of CODECS) {
      if (await canSend(page, codec)) codecs.push(codec);
      else console.warn(`SKIPPED: ${codec} from a browser, because this Chromium was built without its encoder`);
    }
    await context.close();
    await direct.close();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe.each([
    ['werift', {}],
    ['mediasoup', found],
  ] as const)('on %s', (webrtc, { missing, mediasoup }: { missing?: string; mediasoup?: Mediasoup }) => {
    let server: RealServer;
    beforeAll(async () => {
      if (missing !== undefined) return;
      server = await startRealServer({ config: { token: TOKEN, webrtc }, ...(mediasoup && { mediasoup }) });
    });
    afterAll(() => server?.close());

    /** A page that is heard and seen until the voice's second turn was told, or would have been. */
    async function publish(video: (typeof CODECS)[number], route?: (mediaPort: number) => Promise<number>) {
      const { context, page } = await openBlankPage(browser, server.url);
      const url = `${server.url}/v1/whip?participant=me&role=customer&name=Me`;
      const published = await publishFromPage(page, { url, token: TOKEN, video, ...(route && { route }) });
      const session = server.sessions.get(published.sessionId)!;
      const client = createEmotionClient({ url: server.url, token: TOKEN });
      const events: EmotionEvent[] = [];
      let left = 0;
      for await (const event of client.events(published.sessionId)) {
        events.push(event);
        if (turnsOf(events).length === 2 && left === 0) left = await published.leave();
      }
      await context.close();
      expect(streamProblems(events)).toEqual([]);
      expect([left, await session.finished]).toEqual([200, 'completed']);
      return turnsOf(events);
    }

    async function lostVoicePackets(): Promise<number> {
      const metrics = await fetch(`${server.url}/metrics`, { headers: { Authorization: `Bearer ${TOKEN}` } });
      const line = /^undertone_webrtc_packets_lost_total\{media="audio"\} (\d+)/m.exec(await metrics.text());
      return Number(line?.[1] ?? 0);
    }

    it.skipIf(missing !== undefined)(
      'is heard and seen in VP8 and in H.264, its edges where they are in the file',
      async () => {
        // One after the other: two pages that encode video at once are more than two cores can do in real time.
        for (const codec of codecs) {
          const turns = await publish(codec);
          for (const { participant, modalities } of turns) {
            expect(participant).toEqual({ id: 'me', role: 'customer', displayName: 'Me' });
            expect(modalities).toMatchObject({ audio: { state: 'ok' }, video: { state: 'ok' } });
          }
          for (const [index, edge] of edgesOf(turns).entries())
            expect(Math.abs(edge - expected[index]!)).toBeLessThan(100);
        }
      },
      120_000,
    );

    it.skipIf(missing !== undefined)(
      'tells the same turns over a link that loses 5 %, from the first packet on',
      async () => {
        const links: ImpairedLink[] = [];
        await using closing = new AsyncDisposableStack();
        const before = await lostVoicePackets();
        const told: Awaited<ReturnType<typeof publish>>[] = [];
        for (const codec of codecs) {
          const turns = await publish(codec, async (mediaPort) => {
            const link = closing.use(await openImpairedLink(mediaPort));
            link.impair(BAD[webrtc]);
            links.push(link);
            return link.port;
          });
          told.push(turns);
        }
        const lost = (await lostVoicePackets()) - before;
        for (const { counts } of links) expect(counts.lost).toBeGreaterThan(50);
        // In this process every packet of the voice repeats the one before: what is lost alone is not lost.
        if (webrtc === 'werift') expect(lost).toBeLessThan(15 * codecs.length);
        else expect(lost).toBeGreaterThan(15);
        for (const turns of told) {
          for (const { modalities } of turns) {
            expect(modalities.audio.state).not.toBe('absent');
            expect(modalities.video.state).not.toBe('absent');
          }
          for (const [index, edge] of edgesOf(turns).entries())
            expect(Math.abs(edge - expected[index]!)).toBeLessThan(100);
        }
      },
      120_000,
    );
  });

  it('leaves the session to its grace when its page is closed without a word', async () => {
    const server = await startRealServer();
    const { context, page } = await openBlankPage(browser, server.url);
    const published = await publishFromPage(page, { url: `${server.url}/v1/whip`, video: null });
    const session = server.sessions.get(published.sessionId)!;
    await new Promise((resolve) => setTimeout(resolve, 700));
    await context.close();
    expect(await session.finished).toBe('disconnected');
    await server.close();
  }, 45_000);
});
