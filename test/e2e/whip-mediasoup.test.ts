import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmotionClient, type UtteranceEmotion } from '../../client-sdk/index.ts';
import type { Models } from '../../models/index.ts';
import { systemClock } from '../../pipeline/index.ts';
import { configSchema } from '../../server/config.ts';
import { createServer, type UndertoneServer } from '../../server/create-server.ts';
import { openMediasoupMedia } from '../../server/ingest/webrtc/mediasoup/mediasoup-media.ts';
import type { Mediasoup, MediasoupWorker } from '../../server/ingest/webrtc/mediasoup/mediasoup-types.ts';
import { hasChromium } from '../support/dashboard/browser-page.ts';
import { collect, isEmotion, streamProblems } from '../support/e2e/events.ts';
import { launchBrowserWithDevices } from '../support/e2e/fake-devices.ts';
import { openShippedModels } from '../support/e2e/real-server.ts';
import { readSampleCall } from '../support/e2e/sample-call.ts';
import { canSend, openBlankPage, publishByWhip } from '../support/webrtc/browser-publisher.ts';
import { portraitFilm, sampleOpusPackets } from '../support/webrtc/encoded-media.ts';
import { findMediasoup } from '../support/webrtc/find-mediasoup.ts';
import { RtpPublisher } from '../support/webrtc/rtp-publisher.ts';

const found = findMediasoup();
if ('missing' in found) {
  console.warn(
    `SKIPPED: WebRTC through mediasoup, because ${found.missing} (node test/support/webrtc/ensure-mediasoup.mjs)`,
  );
}

/** The customer's first turn and the silence behind it. */
const UNTIL_MS = 7500;

/** A browser that hears the customer's first turn over and over, and sees a face. */
async function temporaryDevices(): Promise<{ readonly browser: Browser } & AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), 'undertone-sfu-'));
  const { voices, sampleRateHz } = await readSampleCall();
  const browser = await launchBrowserWithDevices(folder, voices[0].subarray(0, (UNTIL_MS * sampleRateHz) / 1000));
  return {
    browser,
    async [Symbol.asyncDispose]() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

describe.skipIf('missing' in found)('a call by WebRTC through mediasoup', () => {
  const workers: MediasoupWorker[] = [];
  let models: Models;
  let server: UndertoneServer;

  beforeAll(async () => {
    const { mediasoup } = found as { mediasoup: Mediasoup };
    const watched: Mediasoup = {
      async createWorker(settings) {
        const worker = await mediasoup.createWorker(settings);
        workers.push(worker);
        return worker;
      },
    };
    models = await openShippedModels();
    server = createServer({
      config: { ...configSchema.parse({}), port: 0, webrtc: 'mediasoup' },
      models,
      logger: pino({ level: 'silent' }),
      mediasoup: watched,
    });
    await server.listen();
  }, 60_000);
  afterAll(async () => {
    await server?.close();
    await models?.close();
  });

  it('is heard and seen as it is in this process', async () => {
    const [{ customer: voice }, film] = await Promise.all([sampleOpusPackets(UNTIL_MS), portraitFilm(UNTIL_MS / 1000)]);
    const url = `${server.url}/v1/whip?session=sfu&participant=ann&role=customer`;
    const peer = await new RtpPublisher({ url, voice, film }).connect();
    expect(peer.answer).not.toContain('red/48000');
    await peer.play();
    expect(await peer.leave()).toBe(200);
    const events = await collect(createEmotionClient({ url: server.url }).events('sfu'));
    expect(streamProblems(events)).toEqual([]);
    const turns = events.filter(isEmotion);
    expect(turns).toHaveLength(1);
    expect(turns[0]).toMatchObject({
      participant: { id: 'ann', role: 'customer' },
      modalities: { audio: { state: 'ok' }, video: { state: 'ok' } },
    });
    // 800 to 5960 ms, as the call's transcript has it.
    expect(Math.abs(turns[0]!.endMs - turns[0]!.startMs - 5160)).toBeLessThan(300);
  }, 45_000);

  it.skipIf(!hasChromium).each(['video/VP8', 'video/H264'] as const)(
    'hears and sees a browser in %s',
    async (video) => {
      await using folder = await temporaryDevices();
      const { page } = await openBlankPage(folder.browser, server.url);
      if (!(await canSend(page, video))) return console.warn(`SKIPPED: this Chromium cannot encode ${video}`);
      const published = await publishByWhip(page, { url: `${server.url}/v1/whip?participant=me`, video });
      const turns: UtteranceEmotion[] = [];
      for await (const event of createEmotionClient({ url: server.url }).events(published.sessionId)) {
        if (!isEmotion(event)) continue;
        turns.push(event);
        if (turns.length === 1) expect(await published.leave()).toBe(200);
      }
      expect(turns[0]!.modalities).toMatchObject({ audio: { state: 'ok' }, video: { state: 'ok' } });
    },
    45_000,
  );

  it('loses a publisher with its worker, and takes it back on another, in the same session', async () => {
    const { customer: voice } = await sampleOpusPackets(400);
    const url = `${server.url}/v1/whip?session=again&participant=ann`;
    const first = await new RtpPublisher({ url, voice, film: null }).connect();
    await first.play();
    const session = server.sessions.get('again')!;
    const before = session.newestFrameMs;
    expect(before).toBeGreaterThan(0);
    const alive = [...workers];
    for (const { pid } of alive) process.kill(pid, 'SIGKILL');
    await expect.poll(() => workers.length, { timeout: 5000 }).toBe(2 * alive.length);
    expect(session.ending).toBe(false);
    const second = await new RtpPublisher({ url, voice, film: null }).connect();
    await second.play();
    expect(await second.leave()).toBe(200);
    expect(session.newestFrameMs).toBeGreaterThan(before);
    expect(await session.finished).toBe('completed');
    await first.pc.close();
  }, 30_000);

  it('says in one line what is missing where the package is not installed or its worker does not start', async () => {
    const broken: Mediasoup = { createWorker: () => Promise.reject(new Error('spawn ENOENT')) };
    const options = {
      host: '127.0.0.1',
      port: undefined,
      addresses: [],
      clock: systemClock,
      log: pino({ level: 'silent' }),
    };
    await expect(openMediasoupMedia({ ...options, mediasoup: broken })).rejects.toMatchObject({
      code: 'listen-failed',
    });
  });
});
