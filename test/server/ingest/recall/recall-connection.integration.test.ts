import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../../../client-sdk/protocol/index.ts';
import { RecallPeer, type RecallPeerOptions, recallHeaders } from '../../../support/meetings/recall-peer.ts';
import { SMALL_PNG as PNG } from '../../../support/pictures/small-pictures.ts';
import { HearingServer } from '../../../support/server/hearing-server.ts';
import { until } from '../../../support/until.ts';

const ANN = { id: 100, name: 'Ann Example', isHost: true };
const BEN = { id: 200, name: null };
/** 20 ms. */
const SILENCE = new Uint8Array(640);
const SECRET = `whsec_${Buffer.from('a workspace’s verification key').toString('base64')}`;
const TOKEN = 'a-token-in-the-address';

const host = new HearingServer();
const { start, of } = host;
/** Tracks by participant and medium, as `100/video`, whatever their ids. */
const ended = () => {
  const names = new Map(of('track').map(({ trackId, participant, media }) => [trackId, `${participant.id}/${media}`]));
  return of('bound')
    .filter(({ startMs }) => startMs === Number.POSITIVE_INFINITY)
    .map(({ trackId }) => names.get(trackId));
};

const peer = (options: Partial<RecallPeerOptions> = {}) =>
  new RecallPeer({ socketUrl: host.server.socketUrl, ...options });
const closing = (reason: keyof typeof CLOSE_CODES) => ({ code: CLOSE_CODES[reason].code, reason });
const metrics = async () => (await fetch(`${host.server.url}/metrics`)).text();

describe('a meeting of Recall.ai', () => {
  it('brings everyone’s voice, camera and words in the recording’s time, and ends the session', async () => {
    await start();
    const recall = await peer({ metadata: { title: 'Weekly' } }).opened();
    recall.sendAudio(ANN, 1000, SILENCE);
    recall.sendAudio(BEN, 1010, SILENCE);
    recall.sendPicture(ANN, 1500, PNG);
    recall.sendWords(BEN, [['Yes.', 1010, 1400]]);
    await recall.end();
    const session = host.server.sessions.get(recall.sessionId)!;
    expect(await session.finished).toBe('completed');
    expect(session.summary()).toMatchObject({
      title: 'Weekly',
      participants: [
        { id: '100', role: 'attendee', displayName: 'Ann Example' },
        { id: '200', role: 'attendee', displayName: null },
      ],
    });
    expect(of('audio').map(({ startMs, sampleRateHz, samples }) => [startMs, sampleRateHz, samples.length])).toEqual([
      [1000, 16_000, 320],
      [1010, 16_000, 320],
    ]);
    expect(of('video')).toMatchObject([{ startMs: 1500, image: { encoding: 'png', bytes: PNG } }]);
    expect(of('transcript')).toMatchObject([{ startMs: 1010, endMs: 1400, text: 'Yes.', final: true }]);
    expect(host.server.logLines.join('')).not.toContain('Ann');
  });

  it('gives the host and the others the roles of the configuration', async () => {
    await start({ meetingRoles: { attendee: 'customer', host: 'agent' } });
    const recall = await peer().opened();
    recall.sendAudio(ANN, 0, SILENCE);
    recall.sendAudio(BEN, 0, SILENCE);
    await recall.end();
    const { participants } = host.server.sessions.get(recall.sessionId)!.summary();
    expect(participants.map(({ role }) => role)).toEqual(['agent', 'customer']);
  });

  it('has a camera only while it is on', async () => {
    await start();
    const recall = await peer().opened();
    recall.sendAudio(ANN, 0, SILENCE);
    recall.sendPicture(ANN, 0, PNG);
    recall.sendEvent('webcam_off', ANN, 400);
    recall.sendPicture(ANN, 500, PNG);
    await until(() => ended().length === 1);
    expect(ended()).toEqual(['100/video']);
    recall.sendEvent('webcam_on', ANN, 900);
    recall.sendPicture(ANN, 1000, PNG);
    await until(() => of('video').length === 2);
    expect(of('video').map(({ startMs }) => startMs)).toEqual([0, 1000]);
    expect(of('track').filter(({ media }) => media === 'video')).toHaveLength(2);
  });

  it('lets somebody leave and come back', async () => {
    await start();
    const recall = await peer().opened();
    recall.sendAudio(ANN, 0, SILENCE);
    recall.sendPicture(ANN, 0, PNG);
    recall.sendEvent('leave', ANN, 20);
    recall.sendEvent('join', ANN, 5000);
    recall.sendAudio(ANN, 5000, SILENCE);
    await until(() => of('audio').length === 2);
    expect(ended()).toEqual(['100/audio', '100/video']);
    expect(host.server.sessions.get(recall.sessionId)!.summary().participants).toHaveLength(1);
  });

  it('comes on several sockets into one session, which ends with the last', async () => {
    await start();
    const voices = await peer().opened();
    const cameras = await peer({ recordingId: voices.recordingId }).opened();
    voices.sendAudio(ANN, 3000, SILENCE);
    await until(() => of('audio').length === 1);
    cameras.sendPicture(ANN, 3020, PNG);
    cameras.sendEvent('webcam_off', ANN, 3030);
    await until(() => ended().length === 1);
    await cameras.end();
    voices.sendAudio(ANN, 3020, SILENCE);
    await until(() => of('audio').length === 2);
    expect(of('audio').map(({ startMs }) => startMs)).toEqual([3000, 3020]);
    expect(of('video').map(({ startMs }) => startMs)).toEqual([3020]);
    await voices.end();
    expect(await host.server.sessions.get(voices.sessionId)!.finished).toBe('completed');
    expect(host.server.sessions.list()).toHaveLength(1);
  });

  it('that breaks off goes on in the same session and time when it comes back', async () => {
    await start();
    const first = await peer().opened();
    first.sendAudio(ANN, 7000, SILENCE);
    await until(() => of('audio').length === 1);
    first.socket.terminate();
    await until(() => ended().length === 1);
    const second = await peer({ recordingId: first.recordingId }).opened();
    second.sendAudio(ANN, 10_000, SILENCE);
    await until(() => of('audio').length === 2);
    expect(of('audio').map(({ startMs }) => startMs)).toEqual([7000, 10_000]);
    expect(host.server.sessions.list()).toHaveLength(1);
  });

  it('goes on in another session where its first has ended meanwhile', async () => {
    await start({ reconnectGraceMs: 20 });
    const first = await peer().opened();
    first.sendAudio(ANN, 0, SILENCE);
    await until(() => of('audio').length === 1);
    first.socket.terminate();
    await until(() => host.server.sessions.get(first.sessionId)?.state === 'ended');
    const second = await peer({ recordingId: first.recordingId }).opened();
    second.sendAudio(ANN, 60_000, SILENCE);
    await until(() => host.server.sessions.get(`${first.sessionId}-2`) !== undefined);
  });

  it('that is joined in its middle begins at the session’s beginning', async () => {
    await start();
    const recall = await peer().opened();
    recall.sendAudio(ANN, 2_400_000, SILENCE);
    recall.sendAudio(BEN, 2_399_990, SILENCE);
    await until(() => of('audio').length === 2);
    expect(of('audio').map(({ startMs }) => startMs)).toEqual([1000, 990]);
  });

  it('goes on when the recording’s time begins again, for voices, pictures and words', async () => {
    await start();
    const recall = await peer().opened();
    for (let ms = 0; ms < 3000; ms += 100) recall.sendAudio(ANN, ms, SILENCE);
    for (let ms = 0; ms < 500; ms += 100) recall.sendAudio(ANN, ms, SILENCE);
    recall.sendWords(ANN, [['Again.', 200, 400]]);
    recall.sendPicture(ANN, 300, PNG);
    await until(() => of('video').length === 1);
    expect(of('audio').length).toBe(34);
    const againMs = of('audio').at(-1)!.startMs - 400;
    expect(againMs).toBeGreaterThan(2800);
    expect(of('transcript')[0]!.startMs).toBeCloseTo(againMs + 200, 5);
    expect(of('video')[0]!.startMs).toBeCloseTo(againMs + 300, 5);
  });

  it('keeps words whose times Recall.ai leaves out: they follow the word before, or were spoken just now', async () => {
    await start();
    const recall = await peer().opened();
    recall.sendAudio(ANN, 4000, SILENCE);
    const words = (texts: readonly (readonly [string, number | null])[]) =>
      recall.send({
        event: 'transcript.data',
        data: {
          recording: { id: recall.recordingId },
          data: {
            participant: { id: ANN.id },
            words: texts.map(([text, relative]) => ({
              text,
              start_timestamp: relative === null ? null : { relative },
              end_timestamp: relative === null ? null : { relative: relative + 0.2 },
            })),
          },
        },
      });
    words([
      ['I', null],
      ['am', 1.3],
      ['angry', null],
    ]);
    words([
      ['So', null],
      ['angry', null],
    ]);
    await until(() => of('transcript').length === 2);
    expect(of('transcript')).toMatchObject([
      { text: 'I am angry', startMs: 1300, endMs: 1500 },
      { text: 'So angry', startMs: 3200, endMs: 4000 },
    ]);
  });

  it('may be silent without being closed, as long as somebody has spoken once', async () => {
    await start({ idleTimeoutMs: 100 });
    const [silent, recall] = await Promise.all([peer().opened(), peer().opened()]);
    recall.sendEvent('speech_on', ANN, 0);
    expect(await silent.closed).toEqual(closing('idle'));
    await sleep(150);
    recall.sendAudio(ANN, 0, SILENCE);
    await until(() => of('audio').length === 1);
  });
});

describe('Recall.ai is let in', () => {
  it('only with the workspace’s signature, where its secret is known', async () => {
    await start({ recallSecret: SECRET });
    expect(await peer().refusedWith).toBe(401);
    expect(await peer({ secret: `whsec_${Buffer.from('another').toString('base64')}` }).refusedWith).toBe(401);
    expect(await peer({ secret: SECRET, headers: { 'Webhook-Signature': 'v1,?' } }).refusedWith).toBe(401);
    expect(await peer({ secret: SECRET, headers: { 'Webhook-Signature': 'v2,abc' } }).refusedWith).toBe(401);
    expect(await peer({ secret: SECRET }).refusedWith).toBeUndefined();
  });

  it('while a secret is replaced, with either one’s signature', async () => {
    await start({ recallSecret: SECRET });
    const others = ['v1,b2xk', 'v1a,x'];
    expect(await peer({ secret: SECRET, signing: { others } }).refusedWith).toBeUndefined();
  });

  it.each([-400, 400])('not with a signature that is %i s off', async (offS) => {
    await start({ recallSecret: SECRET });
    const timestampS = Math.floor(Date.now() / 1000) + offS;
    expect(await peer({ secret: SECRET, signing: { timestampS } }).refusedWith).toBe(401);
  });

  it('once by a signature, unless the configuration lets it return', async () => {
    await start({ recallSecret: SECRET });
    const headers = recallHeaders(SECRET);
    expect(await peer({ headers }).refusedWith).toBeUndefined();
    expect(await peer({ headers }).refusedWith).toBe(401);
    await host.server.close();
    await start({ recallSecret: SECRET, recallSignatureOnce: false });
    for (let i = 0; i < 2; i += 1) expect(await peer({ headers }).refusedWith).toBeUndefined();
  });

  it('only with the token in the address, where one is configured, and with both where both are', async () => {
    await start({ recallToken: TOKEN });
    expect(await peer().refusedWith).toBe(401);
    expect(await peer({ query: '?token=wrong' }).refusedWith).toBe(401);
    const recall = await peer({ query: `?token=${TOKEN}` }).opened();
    recall.sendAudio(ANN, 0, SILENCE);
    await until(() => of('audio').length === 1);
    expect(host.server.logLines.join('')).not.toContain(TOKEN);
    await host.server.close();
    await start({ recallToken: TOKEN, recallSecret: SECRET });
    expect(await peer({ query: `?token=${TOKEN}` }).refusedWith).toBe(401);
    expect(await peer({ secret: SECRET }).refusedWith).toBe(401);
    expect(await peer({ secret: SECRET, query: `?token=${TOKEN}` }).refusedWith).toBeUndefined();
  });

  it('by the server’s own token alone, where nothing of Recall’s is configured', async () => {
    await start({ token: TOKEN });
    expect(await peer({ query: `?token=${TOKEN}` }).refusedWith).toBe(401);
    expect(await peer({ headers: { Authorization: `Bearer ${TOKEN}` } }).refusedWith).toBeUndefined();
  });
});

describe('a socket of Recall.ai is closed', () => {
  it.each([
    ['not JSON', '{"event":', 'malformed'],
    ['no message of Recall.ai', '{"hello":1}', 'malformed'],
  ] as const)('when it sends a run of what is %s', async (_what, text, reason) => {
    await start();
    const recall = await peer().opened();
    for (let i = 0; i < 60; i += 1) recall.socket.send(text);
    expect(await recall.closed).toEqual(closing(reason));
    expect(host.server.sessions.liveCount).toBe(0);
  });

  it('when it floods, and costs another meeting nothing', async () => {
    await start({ maxMessagesPerSecond: 50 });
    const [flood, calm] = await Promise.all([peer().opened(), peer().opened()]);
    calm.sendAudio(BEN, 0, SILENCE);
    for (let i = 0; i < 200; i += 1) flood.sendAudio(ANN, i * 20, SILENCE);
    expect(await flood.closed).toEqual(closing('too-fast'));
    calm.sendAudio(BEN, 20, SILENCE);
    const ids = () =>
      of('track')
        .filter(({ participant }) => participant.id === '200')
        .map(({ trackId }) => trackId);
    await until(() => of('audio').filter(({ trackId }) => ids().includes(trackId)).length >= 2);
  });

  it('when every session is in use', async () => {
    await start({ maxSessions: 1 });
    const first = await peer().opened();
    first.sendAudio(ANN, 0, SILENCE);
    await until(() => of('audio').length === 1);
    const second = await peer().opened();
    second.sendAudio(BEN, 0, SILENCE);
    expect(await second.closed).toEqual(closing('overloaded'));
  });
});

describe('a message alone is dropped and counted', () => {
  const event = (name: string, data: object | null, rest: object = { recording: { id: 'r' } }) =>
    JSON.stringify({ event: name, data: { data, ...rest } });
  const raw = (text: string) => (recall: RecallPeer) => recall.socket.send(text);
  it.each([
    ['not JSON', raw('{"event":"audio_sep'), 'malformed-message'],
    ['null', raw('null'), 'malformed-message'],
    ['no message of Recall.ai', raw('{"hello":1}'), 'malformed-message'],
    ['of an event of tomorrow', raw(event('hologram.data', {})), 'unknown-message'],
    ['without content', raw(event('audio_separate_raw.data', null)), 'unknown-track'],
    [
      'sound without a time',
      raw(event('audio_separate_raw.data', { participant: { id: 1 }, timestamp: null, buffer: '' })),
      'malformed-message',
    ],
    [
      'of no recording',
      raw(event('participant_events.join', { participant: { id: 1 } }, { bot: { id: 'b' } })),
      'malformed-message',
    ],
    ['words of nobody', raw(event('transcript.data', { words: [{ text: 'x' }], participant: null })), 'unknown-track'],
    ['larger than 2 MiB', raw(JSON.stringify({ event: 'x', data: 'x'.repeat(2 * 1024 * 1024) })), 'oversized-message'],
    ['of nobody', (recall: RecallPeer) => recall.sendAudio({ id: 0, name: null }, 40, SILENCE), 'unknown-track'],
    ['with half a sample', (recall: RecallPeer) => recall.sendAudio(ANN, 40, new Uint8Array(3)), 'bad-samples'],
    ['with no picture', (recall: RecallPeer) => recall.sendPicture(ANN, 40, Buffer.from('GIF89a')), 'bad-image'],
    ['of a time to come', (recall: RecallPeer) => recall.sendAudio(ANN, 3_600_000, SILENCE), 'bad-time'],
    [
      'of more people than a session has',
      (recall: RecallPeer) => recall.sendAudio(BEN, 40, SILENCE),
      'too-many-tracks',
    ],
  ] as const)('when it is %s', async (_what, send, code) => {
    await start({ maxTracksPerSession: code === 'too-many-tracks' ? 1 : 32 });
    const recall = await peer().opened();
    recall.sendAudio(ANN, 20, SILENCE);
    send(recall);
    recall.sendAudio(ANN, 60, SILENCE);
    await until(() => of('audio').length === 2);
    expect(await metrics()).toContain(`undertone_ingest_refused_total{reason="${code}"} 1`);
  });

  it('and a camera whose picture was none is not waited for', async () => {
    await start();
    const recall = await peer().opened();
    recall.sendPicture(ANN, 20, PNG);
    recall.sendPicture(ANN, 500, Buffer.from('GIF89a'));
    await until(() => of('bound').length === 1);
    expect(of('bound')).toMatchObject([{ trackId: of('video')[0]!.trackId, startMs: 500 }]);
    expect(of('video')).toHaveLength(1);
  });
});
