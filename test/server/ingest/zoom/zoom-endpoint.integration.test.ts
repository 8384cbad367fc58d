import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createSelfSignedCertificate } from 'werift';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import { openOpusVoice } from '../../../../server/ingest/decoders/opus-voice.ts';
import { meetingIdOf } from '../../../../server/ingest/zoom/zoom-webhook.ts';
import { ZOOM_CONFIG, ZoomRtmsPeer, type ZoomRtmsPeerOptions } from '../../../support/meetings/zoom-rtms-peer.ts';
import { SMALL_JPEG as JPEG } from '../../../support/pictures/small-pictures.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../../../support/server/test-server.ts';
import { until } from '../../../support/until.ts';
import { sampleOpusPackets } from '../../../support/webrtc/encoded-media.ts';

const ANN = { id: 16778240, name: 'Ann Example' };
const BEN = { id: 16778241, name: 'Ben Example' };
/** 100 ms. */
const SILENCE = new Uint8Array(3200);
const BEGAN_MS = Date.UTC(2026, 0, 1, 10);

let server: TestServer;
let zoom: ZoomRtmsPeer;
const frames: MediaFrame[] = [];
const of = <K extends MediaFrame['kind']>(kind: K) =>
  frames.filter((frame): frame is Extract<MediaFrame, { kind: K }> => frame.kind === kind);
const openTracks = () => {
  const open = new Map(of('track').map(({ trackId, participant, media }) => [trackId, `${participant.id}/${media}`]));
  for (const { trackId, startMs } of of('bound')) if (startMs === Number.POSITIVE_INFINITY) open.delete(trackId);
  return [...open.values()];
};

async function start(options: ZoomRtmsPeerOptions = {}, config: TestServerOptions['config'] = {}): Promise<void> {
  frames.length = 0;
  zoom = await ZoomRtmsPeer.open(options);
  server = await startTestServer({
    config: {
      ...ZOOM_CONFIG,
      zoomServers: [zoom.origin],
      ...config,
    },
    script: { onFrame: (frame) => frames.push(frame) },
  });
}
afterEach(async () => {
  await server.close();
  await zoom.close();
});

const session = () => server.sessions.get(`zoom-${meetingIdOf(zoom.meetingUuid)}`)!;
const metric = async (line: string) => (await (await fetch(`${server.url}/metrics`)).text()).includes(line);

describe('a meeting of Zoom', () => {
  it.each(['webinar', 'session', 'contact_center'] as const)('may also be a %s', async (product) => {
    await start({ product });
    await zoom.start(server.url);
    zoom.sendAudio(ANN, BEGAN_MS, SILENCE);
    await until(() => of('audio').length === 1);
    await zoom.stop(server.url);
    expect(await session().finished).toBe('completed');
    expect(zoom.problems).toEqual([]);
  });

  it.each([
    ['L16 at 48 kHz', { codec: 1, sample_rate: 3, channel: 1 }, new Uint8Array(9600), 48_000, 4800],
    ['L16 in stereo', { codec: 1, sample_rate: 1, channel: 2 }, new Uint8Array(6400), 16_000, 1600],
    ['G.711', { codec: 2, sample_rate: 0, channel: 1 }, new Uint8Array(800), 8000, 800],
    ['G.722', { codec: 3, sample_rate: 1, channel: 1 }, new Uint8Array(800), 16_000, 1600],
  ])('is heard rightly in %s where Zoom grants that, and told so', async (_what, audio, bytes, rateHz, count) => {
    await start({ mediaParams: { audio } });
    await zoom.start(server.url);
    zoom.sendAudio(ANN, BEGAN_MS, bytes);
    await until(() => of('audio').length === 1);
    expect(of('audio')).toMatchObject([{ sampleRateHz: rateHz, samples: { length: count } }]);
    expect(session().summary().notices).toMatchObject([{ code: 'media-params' }]);
    expect(server.logLines.filter((line) => line.includes('media-params'))).toHaveLength(1);
  });

  it('is heard in Opus where Zoom grants that, with a decoder for everyone, and what is no Opus is dropped', async () => {
    await start({ mediaParams: { audio: { codec: 4, sample_rate: 3, channel: 2 } } });
    await zoom.start(server.url);
    const { customer, agent } = await sampleOpusPackets(1000);
    for (let i = 0; i < 50; i += 1) {
      zoom.sendAudio(ANN, BEGAN_MS + 20 * i, customer[i]!.data);
      zoom.sendAudio(BEN, BEGAN_MS + 20 * i, agent[i]!.data);
    }
    zoom.sendAudio(ANN, BEGAN_MS + 1000, Buffer.from([3, 0]));
    await until(() => of('audio').length === 100);
    const names = new Map(of('track').map(({ trackId, participant }) => [trackId, participant.id]));
    const { decode, close } = await openOpusVoice();
    const heard = of('audio').filter(({ trackId }) => names.get(trackId) === String(ANN.id));
    expect(heard.map(({ startMs, sampleRateHz }) => [startMs, sampleRateHz])).toEqual(
      customer.slice(0, 50).map((_, i) => [1000 + 20 * i, 16_000]),
    );
    expect(heard.map(({ samples }) => samples)).toEqual(customer.slice(0, 50).map(({ data }) => decode(data)));
    close();
    await expect.poll(() => metric('undertone_ingest_refused_total{reason="bad-samples"} 1')).toBe(true);
    expect(session().summary().notices).toMatchObject([
      { message: expect.stringContaining('OPUS at 48 kHz with 2 channels') },
    ]);
  });

  it('whose sound cannot be decoded is not misread: it is left out, and the session says so', async () => {
    await start({ mediaParams: { audio: { codec: 3, sample_rate: 1, channel: 2 } } });
    await zoom.start(server.url);
    zoom.sendAudio(ANN, BEGAN_MS, SILENCE);
    zoom.sendWords(ANN, BEGAN_MS, BEGAN_MS + 400, 'Yes.');
    await until(() => of('transcript').length === 1);
    expect(of('audio')).toEqual([]);
    expect(session().summary().notices).toMatchObject([{ message: expect.stringMatching(/G722 .* left out/) }]);
    expect(await metric('undertone_ingest_refused_total{reason="wrong-media"} 1')).toBe(true);
  });

  it('brings everyone’s voice and words, and the speaker’s pictures, and ends with its webhook', async () => {
    await start();
    await zoom.start(server.url);
    zoom.sendAudio(ANN, BEGAN_MS, SILENCE);
    zoom.sendAudio(BEN, BEGAN_MS + 20, SILENCE);
    zoom.sendPicture(ANN, BEGAN_MS + 40, JPEG);
    zoom.sendWords(BEN, BEGAN_MS + 20, BEGAN_MS + 400, 'Yes.');
    await until(() => of('transcript').length === 1);
    expect(of('audio').map(({ startMs, samples }) => [startMs, samples.length])).toEqual([
      [1000, 1600],
      [1020, 1600],
    ]);
    expect(of('video')).toMatchObject([{ startMs: 1040, image: { encoding: 'jpeg', bytes: JPEG } }]);
    expect(of('transcript')).toMatchObject([{ startMs: 1020, endMs: 1400, text: 'Yes.', final: true }]);
    await zoom.webhook(server.url, 'meeting.rtms_stopped', { stop_reason: 6 });
    expect(await session().finished).toBe('completed');
    expect(session().summary().participants).toEqual([
      { id: '16778240', role: 'attendee', displayName: 'Ann Example' },
      { id: '16778241', role: 'attendee', displayName: 'Ben Example' },
    ]);
    expect(zoom.problems).toEqual([]);
    expect(server.logLines.join('')).not.toMatch(/Ann|zoom-client-secret|zoom-webhook-secret/);
  });

  it('asks for events and media only after its handshakes, and stays alive on both connections', async () => {
    await start();
    await zoom.start(server.url);
    zoom.sendSignaling({ msg_type: 12, timestamp: 17 });
    zoom.sendMedia({ msg_type: 12, timestamp: 18 });
    const answers = (kind: 'signaling' | 'media') => zoom.received[kind].filter(({ msg_type: type }) => type === 13);
    await zoom.until(() => answers('signaling').length === 1 && answers('media').length === 1);
    expect(answers('signaling')).toEqual([{ msg_type: 13, timestamp: 17 }]);
    expect(answers('media')).toEqual([{ msg_type: 13, timestamp: 18 }]);
    expect(zoom.received.signaling.map(({ msg_type: type }) => type)).toEqual([1, 7, 5, 13]);
    expect(zoom.received.signaling[2]!.events).toEqual(
      [4, 8, 9].map((event) => ({ event_type: event, subscribe: true })),
    );
    expect(await metric('undertone_rtms_streams_open 1')).toBe(true);
  });

  it('shows one person at a time, and nobody whose camera is off', async () => {
    await start();
    await zoom.start(server.url);
    zoom.sendAudio(ANN, BEGAN_MS, SILENCE);
    zoom.sendAudio(BEN, BEGAN_MS, SILENCE);
    zoom.sendPicture(ANN, BEGAN_MS, JPEG);
    zoom.sendPicture(BEN, BEGAN_MS + 200, JPEG);
    await until(() => of('video').length === 2);
    expect(openTracks()).toEqual(['16778240/audio', '16778241/audio', '16778241/video']);
    zoom.sendEvent(9, [BEN]);
    await until(() => !openTracks().includes('16778241/video'));
    zoom.sendPicture(BEN, BEGAN_MS + 400, JPEG);
    await until(() => metric('undertone_ingest_refused_total{reason="unknown-track"} 1'));
    zoom.sendEvent(8, [BEN]);
    // Both connections are read in turn: the event must have been taken before the picture is sent.
    zoom.sendSignaling({ msg_type: 12, timestamp: 1 });
    await zoom.until(() => zoom.received.signaling.some(({ msg_type: type }) => type === 13));
    zoom.sendPicture(BEN, BEGAN_MS + 600, JPEG);
    await until(() => of('video').length === 3);
    zoom.sendEvent(4, [BEN]);
    await until(() => openTracks().length === 1);
    expect(openTracks()).toEqual(['16778240/audio']);
  });

  it('asks for no more than the app may have', async () => {
    await start({ scopes: ['audio', 'transcript'] });
    await zoom.start(server.url);
    expect(zoom.received.media[0]).toMatchObject({ msg_type: 3, media_type: 9 });
  });

  it('drops what is nobody’s, no sound and no picture, and goes on', async () => {
    await start();
    await zoom.start(server.url);
    zoom.sendAudio({ id: 0, name: '' }, BEGAN_MS, SILENCE);
    zoom.sendAudio(ANN, BEGAN_MS, new Uint8Array(3));
    zoom.sendPicture(ANN, BEGAN_MS, Buffer.from('GIF89a'));
    zoom.sendAudio(ANN, BEGAN_MS, SILENCE);
    await until(() => of('audio').length === 1);
    for (const code of ['unknown-track', 'bad-samples', 'bad-image']) {
      expect(await metric(`undertone_ingest_refused_total{reason="${code}"} 1`)).toBe(true);
    }
  });
});

describe('a stream that is interrupted', () => {
  it('gets its media again while signaling lives, and goes on in the same session', async () => {
    await start();
    await zoom.start(server.url);
    zoom.sendAudio(ANN, BEGAN_MS, SILENCE);
    zoom.sendPicture(ANN, BEGAN_MS, JPEG);
    await until(() => of('video').length === 1);
    zoom.unplug('media');
    await until(() => !openTracks().includes('16778240/video'));
    await zoom.streaming();
    zoom.sendAudio(ANN, BEGAN_MS + 3000, SILENCE);
    await until(() => of('audio').length === 2);
    expect(of('audio')[1]!.startMs).toBe(4000);
    expect(zoom.received.signaling.filter(({ msg_type: type }) => type === 1)).toHaveLength(1);
    expect(server.sessions.list()).toHaveLength(1);
    expect(zoom.problems).toEqual([]);
  });

  it('is connected anew where signaling broke, though Zoom still holds the last connection for a moment', async () => {
    await start();
    await zoom.start(server.url);
    zoom.sendAudio(ANN, BEGAN_MS, SILENCE);
    await until(() => of('audio').length === 1);
    zoom.refusals.signaling.push(8);
    zoom.unplug('signaling');
    await zoom.until(() => zoom.refusals.signaling.length === 0);
    await zoom.streaming();
    zoom.sendAudio(ANN, BEGAN_MS + 3000, SILENCE);
    await until(() => of('audio').length === 2);
    expect(session().state).toBe('live');
  });

  it('is connected at once when Zoom says that it broke, and left alone when it did not', async () => {
    await start();
    await zoom.start(server.url);
    await zoom.webhook(server.url, 'meeting.rtms_interrupted');
    await zoom.webhook(server.url, 'meeting.rtms_started', { server_urls: `${zoom.origin}/signaling` });
    await sleep(50);
    expect(zoom.received.signaling.filter(({ msg_type: type }) => type === 1)).toHaveLength(1);
    zoom.unplug('signaling');
    await zoom.until(() => !zoom.isStreaming);
    await zoom.webhook(server.url, 'meeting.rtms_interrupted');
    await zoom.streaming();
    expect(zoom.problems).toEqual([]);
  });

  it('moves to the server that Zoom names when the last one failed', async () => {
    await start();
    await zoom.start(server.url);
    zoom.unplug('signaling');
    await zoom.until(() => !zoom.isStreaming);
    await zoom.webhook(server.url, 'meeting.rtms_started', { server_urls: `${zoom.origin}/elsewhere` });
    await zoom.streaming();
    expect(server.sessions.list()).toHaveLength(1);
  });

  it.each([
    ['not JSON', '{"msg_type":', 'malformed-message'],
    ['binary', Buffer.from([1, 2, 3]), 'malformed-message'],
    ['without a type', '{"msg_type":null}', 'malformed-message'],
    ['sound without a time', '{"msg_type":14,"content":{"user_id":5,"data":""}}', 'malformed-message'],
    ['of an unknown type', '{"msg_type":31337}', 'unknown-message'],
    ['too much at once', `"${'x'.repeat(2 * 1024 * 1024)}"`, 'oversized-message'],
  ] as const)('goes on after a message that is %s', async (_what, data, reason) => {
    await start();
    await zoom.start(server.url);
    zoom.sendAudio(ANN, BEGAN_MS, SILENCE);
    zoom.sendGarbage('media', data);
    zoom.sendGarbage('signaling', data);
    zoom.sendAudio(ANN, BEGAN_MS + 20, SILENCE);
    await until(() => of('audio').length === 2);
    await expect.poll(() => metric(`undertone_ingest_refused_total{reason="${reason}"} 2`)).toBe(true);
    expect(zoom.isStreaming).toBe(true);
    expect(server.logLines.filter((line) => line.includes('was dropped'))).toHaveLength(2);
  });

  it.each([
    [
      'a run of garbage',
      (peer: ZoomRtmsPeer) => {
        for (let i = 0; i < 60; i += 1) peer.sendGarbage('media', '{"msg_type":');
      },
    ],
    [
      'a flood',
      (peer: ZoomRtmsPeer) => {
        for (let i = 0; i < 200; i += 1) peer.sendAudio(ANN, BEGAN_MS + i * 100, SILENCE);
      },
    ],
  ] as const)('by %s is given up and made again', async (_what, send) => {
    await start({}, { maxMessagesPerSecond: 50 });
    await zoom.start(server.url);
    send(zoom);
    await zoom.until(() => !zoom.isStreaming);
    await zoom.streaming();
    expect(session().state).toBe('live');
  });

  it('ends where Zoom says that it is over, and may be streamed again in the same session', async () => {
    await start();
    await zoom.start(server.url);
    zoom.sendAudio(ANN, BEGAN_MS, SILENCE);
    await until(() => of('audio').length === 1);
    zoom.sendSignaling({ msg_type: 8, state: 4, reason: 14, timestamp: Date.now() });
    await until(() => openTracks().length === 0);
    await zoom.until(() => !zoom.isStreaming);
    expect(session().state).toBe('live');
    await zoom.start(server.url);
    zoom.sendAudio(ANN, BEGAN_MS + 2000, SILENCE);
    await until(() => of('audio').length === 2);
    expect(of('audio').map(({ startMs }) => startMs)).toEqual([1000, 3000]);
  });

  it.each([
    ['a wrong signature', { signaling: [3], media: [] }],
    ['media that it may not have', { signaling: [], media: [10] }],
  ])('is given up where another try would not help: %s', async (_what, refusals) => {
    await start({}, { reconnectGraceMs: 0 });
    Object.assign(zoom.refusals, refusals);
    await zoom.webhook(server.url, 'meeting.rtms_started', { server_urls: `${zoom.origin}/signaling` });
    expect(await session().finished).toBe('disconnected');
    expect(await metric('undertone_rtms_streams_open 0')).toBe(true);
  });
});

describe('a server is not connected to', () => {
  it('when the configuration does not allow it, for signaling or for media', async () => {
    await start({ mediaUrl: 'ws://127.0.0.1:9' }, { reconnectGraceMs: 0 });
    const { status } = await zoom.webhook(server.url, 'meeting.rtms_started', { server_urls: 'wss://127.0.0.1:9' });
    expect(status).toBe(200);
    expect(await session().finished).toBe('disconnected');
    await zoom.webhook(server.url, 'meeting.rtms_started', { server_urls: `${zoom.origin}/signaling` });
    const second = () => server.sessions.get(`zoom-${meetingIdOf(zoom.meetingUuid)}-2`);
    await until(() => second()?.state === 'ended');
    expect(zoom.received.media).toEqual([]);
    expect(server.logLines.join('')).toContain('UNDERTONE_ZOOM_SERVERS');
  });

  it('when its certificate is nobody’s', async () => {
    const { certPem: cert, keyPem: key } = await createSelfSignedCertificate({ hash: 4, signature: 3 });
    const tls = createServer({ cert, key });
    tls.listen(0, '127.0.0.1');
    await once(tls, 'listening');
    const origin = `wss://127.0.0.1:${(tls.address() as AddressInfo).port}`;
    const outcome = new Promise((resolve) => {
      tls.on('upgrade', () => resolve('spoken to'));
      tls.on('connection', (socket) => socket.on('close', () => resolve('left')));
    });
    await start({}, { zoomServers: [origin] });
    await zoom.webhook(server.url, 'meeting.rtms_started', { server_urls: origin });
    expect(await outcome).toBe('left');
    await new Promise((resolve) => tls.close(resolve));
  });

  it('when every connection is in use', async () => {
    await start({}, { maxConnections: 1 });
    await zoom.start(server.url);
    const payload = { rtms_stream_id: 'another', meeting_uuid: 'another', server_urls: `${zoom.origin}/signaling` };
    expect((await zoom.webhook(server.url, 'meeting.rtms_started', payload)).status).toBe(503);
  });
});
