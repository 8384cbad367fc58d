import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmotionClient } from '../../client-sdk/index.ts';
import { systemClock } from '../../pipeline/index.ts';
import { openMediasoupMedia } from '../../server/ingest/webrtc/mediasoup/mediasoup-media.ts';
import type { Mediasoup } from '../../server/ingest/webrtc/mediasoup/mediasoup-types.ts';
import { collect, isEmotion, streamProblems } from '../support/e2e/events.ts';
import { type RealServer, startRealServer } from '../support/e2e/real-server.ts';
import { portraitFilm, sampleOpusPackets } from '../support/webrtc/encoded-media.ts';
import { findMediasoup } from '../support/webrtc/find-mediasoup.ts';
import { RtpPublisher } from '../support/webrtc/rtp-publisher.ts';

const found = findMediasoup();
if ('missing' in found) {
  console.warn(`SKIPPED: WebRTC through mediasoup, because ${found.missing}`);
}

/** The customer's first turn and the silence behind it. */
const UNTIL_MS = 7500;

describe.skipIf('missing' in found)('a call by WebRTC through mediasoup', () => {
  let server: RealServer;

  beforeAll(async () => {
    const { mediasoup } = found as { mediasoup: Mediasoup };
    server = await startRealServer({ config: { webrtc: 'mediasoup' }, mediasoup });
  });
  afterAll(() => server?.close());

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
  });

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
