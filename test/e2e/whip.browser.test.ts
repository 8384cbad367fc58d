import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmotionClient, type EmotionEvent, type UtteranceEmotion } from '../../client-sdk/index.ts';
import { hasChromium } from '../support/dashboard/browser-page.ts';
import { inOrder } from '../support/e2e/call-script.ts';
import { collect, isEmotion, streamProblems } from '../support/e2e/events.ts';
import { launchBrowserWithDevices } from '../support/e2e/fake-devices.ts';
import { publishCall } from '../support/e2e/publish-call.ts';
import { type RealServer, startRealServer } from '../support/e2e/real-server.ts';
import { CUSTOMER, readSampleCall } from '../support/e2e/sample-call.ts';
import { canSend, openBlankPage, publishByWhip } from '../support/webrtc/browser-publisher.ts';
import { openImpairedLink } from '../support/webrtc/impaired-link.ts';

/** The customer's first two turns and the silence behind them; the microphone hears it over and over. */
const VOICE_MS = 17_000;
const TOKEN = 'a-secret-of-some-length';

/** From the first turn's end on: where in it a page begins to be heard is the browser's affair. */
function edgesOf(turns: readonly UtteranceEmotion[]): number[] {
  const [first, second] = turns as [UtteranceEmotion, UtteranceEmotion];
  return [second.startMs, second.endMs].map((edge) => edge - first.endMs);
}

const turnsOf = (events: readonly EmotionEvent[]) => events.filter(isEmotion).filter(({ revision }) => revision === 0);

describe.skipIf(!hasChromium)('a browser that publishes by WHIP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'undertone-whip-'));
  let server: RealServer;
  let browser: Browser;
  let expected: number[];

  beforeAll(async () => {
    server = await startRealServer({ config: { token: TOKEN } });
    const call = await readSampleCall();
    const voice = call.voices[0].subarray(0, (VOICE_MS * call.sampleRateHz) / 1000);
    browser = await launchBrowserWithDevices(folder, voice);
    // The same voice as it is, without a browser, a codec and a network.
    const direct = await startRealServer();
    const items = inOrder(call.audio(VOICE_MS).filter(({ speaker }) => speaker === CUSTOMER));
    const { sessionId } = await publishCall({ url: direct.url, items, speed: 4 });
    expected = edgesOf(turnsOf(await collect(createEmotionClient({ url: direct.url }).events(sessionId))));
    await direct.close();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function lostVoicePackets(): Promise<number> {
    const metrics = await fetch(`${server.url}/metrics`, { headers: { Authorization: `Bearer ${TOKEN}` } });
    const line = /^undertone_webrtc_packets_lost_total\{media="audio"\} (\d+)/m.exec(await metrics.text());
    return Number(line?.[1] ?? 0);
  }

  async function publish(video: 'video/VP8' | 'video/H264', mediaPort?: number) {
    const { context, page } = await openBlankPage(browser, server.url);
    const url = `${server.url}/v1/whip?participant=me&role=customer&name=Me`;
    const published = await publishByWhip(page, {
      url,
      token: TOKEN,
      video,
      ...(mediaPort !== undefined && { mediaPort }),
    });
    const session = server.sessions.get(published.sessionId)!;
    // Until the second turn has been told, or would have been.
    const client = createEmotionClient({ url: server.url, token: TOKEN });
    const events: EmotionEvent[] = [];
    let left = 0;
    for await (const event of client.events(published.sessionId)) {
      events.push(event);
      if (turnsOf(events).length === 2 && left === 0) left = await published.leave();
    }
    await context.close();
    return { events, left, ended: await session.finished };
  }

  it('is heard and seen in VP8, its edges where they are in the file', async () => {
    const { events, left, ended } = await publish('video/VP8');
    expect([left, ended]).toEqual([200, 'completed']);
    expect(streamProblems(events)).toEqual([]);
    const turns = turnsOf(events);
    for (const { participant, modalities } of turns) {
      expect(participant).toEqual({ id: 'me', role: 'customer', displayName: 'Me' });
      expect(modalities).toMatchObject({ audio: { state: 'ok' }, video: { state: 'ok' } });
    }
    for (const [index, edge] of edgesOf(turns).entries()) expect(Math.abs(edge - expected[index]!)).toBeLessThan(100);
  }, 45_000);

  it('is heard and seen in H.264 over a link that loses 5 % and delays by up to 200 ms, from the first packet on', async ({
    skip,
  }) => {
    const { context, page } = await openBlankPage(browser, server.url);
    const canEncode = await canSend(page, 'video/H264');
    await context.close();
    if (!canEncode) {
      console.warn('SKIPPED: H.264 from a browser, because this Chromium was built without an H.264 encoder');
      return skip();
    }
    await using link = await openImpairedLink(server.webRtcPort!);
    link.impair({ loss: 0.05, duplication: 0.05, jitterMs: 200, seed: 3 });
    const { events, left } = await publish('video/H264', link.port);
    expect(left).toBe(200);
    expect(link.counts.lost).toBeGreaterThan(50);
    // Every packet of the voice repeats the one before: what is lost alone is not lost.
    expect(await lostVoicePackets()).toBeLessThan(15);
    expect(streamProblems(events)).toEqual([]);
    const turns = turnsOf(events);
    for (const { modalities } of turns) {
      expect(modalities.audio.state).not.toBe('absent');
      expect(modalities.video.state).not.toBe('absent');
    }
    for (const [index, edge] of edgesOf(turns).entries()) expect(Math.abs(edge - expected[index]!)).toBeLessThan(100);
  }, 60_000);

  it('leaves the session to its grace when its page is closed without a word', async () => {
    const { context, page } = await openBlankPage(browser, server.url);
    const published = await publishByWhip(page, { url: `${server.url}/v1/whip`, token: TOKEN, video: null });
    const session = server.sessions.get(published.sessionId)!;
    await new Promise((resolve) => setTimeout(resolve, 700));
    await context.close();
    expect(await session.finished).toBe('disconnected');
  }, 45_000);
});
