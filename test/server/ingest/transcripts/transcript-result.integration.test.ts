import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SessionSummary, TRANSCRIPT_SOURCES } from '../../../../client-sdk/protocol/index.ts';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import { Publisher } from '../../../support/server/peers.ts';
import { FIRST_FINALS, GOLDENS } from '../../../support/server/recognisers.ts';
import { startTestServer, type TestServer } from '../../../support/server/test-server.ts';

let server: TestServer;
let publisher: Publisher;
const frames: MediaFrame[] = [];

beforeEach(async () => {
  frames.length = 0;
  server = await startTestServer({ script: { onFrame: (frame) => frames.push(frame) } });
  publisher = await new Publisher(server.socketUrl).start('call');
  for (const [track, id] of [
    [2, 'ann'],
    [3, 'bob'],
  ] as const) {
    publisher.send({ type: 'track.add', track, participant: { id }, media: { kind: 'transcript' } });
  }
});
afterEach(() => server.close());

const gladia = (channel: number, text: string, isFinal = true) => ({
  type: 'transcript',
  data: { id: '00-1', is_final: isFinal, utterance: { start: 1, end: 1.5, channel, text, words: [] } },
});

async function finish(): Promise<void> {
  publisher.send({ type: 'session.end' });
  await publisher.closed;
}

describe('a recogniser’s message in a publisher’s', () => {
  it('gives each channel’s words to its track, in media time', async () => {
    const send = (result: Record<string, unknown>) =>
      publisher.send({ type: 'transcript.result', tracks: [2, 3], source: 'gladia', offsetMs: 250, result });
    send(gladia(0, 'Hello', false));
    send(gladia(0, 'Hello.'));
    send(gladia(1, 'Good morning.'));
    await finish();
    expect(frames.filter((frame) => frame.kind === 'transcript')).toEqual([
      {
        kind: 'transcript',
        trackId: '1-2',
        segmentId: 'gladia.1-2.0.00-1',
        startMs: 1250,
        endMs: 1750,
        text: 'Hello',
        final: false,
      },
      {
        kind: 'transcript',
        trackId: '1-2',
        segmentId: 'gladia.1-2.0.00-1',
        startMs: 1250,
        endMs: 1750,
        text: 'Hello.',
        final: true,
      },
      {
        kind: 'transcript',
        trackId: '1-3',
        segmentId: 'gladia.1-2.0.00-1',
        startMs: 1250,
        endMs: 1750,
        text: 'Good morning.',
        final: true,
      },
    ]);
    expect(publisher.received.filter(({ type }) => type === 'error')).toEqual([]);
  });

  it.each([
    ['of another recogniser', [2], { type: 'Results' }, 'unreadable-result'],
    ['for a track that is not there', [9], gladia(0, 'hi'), 'unknown-track'],
    ['of a channel without a track', [2], gladia(1, 'hi'), 'unknown-track'],
    ['for an audio track', [1], gladia(0, 'hi'), 'wrong-media'],
  ] as const)('is refused when it is %s, and the call goes on', async (_what, tracks, result, code) => {
    publisher.send({ type: 'transcript.result', tracks, source: 'gladia', result });
    expect(await publisher.untilType('error')).toMatchObject({ code, fatal: false });
    publisher.send({ type: 'transcript.result', tracks: [2], source: 'gladia', result: gladia(0, 'still here') });
    await finish();
    expect(frames.some((frame) => frame.kind === 'transcript' && frame.text === 'still here')).toBe(true);
  });

  it('of a recogniser that nobody knows is refused, however many come, and the call goes on', async () => {
    for (let sent = 0; sent < 200; sent += 1) {
      publisher.socket.send(JSON.stringify({ type: 'transcript.result', tracks: [2], source: 'parrot', result: {} }));
    }
    expect(await publisher.untilType('error')).toMatchObject({
      code: 'unknown-source',
      message: expect.stringContaining('gladia'),
      fatal: false,
    });
    publisher.send({ type: 'transcript.result', tracks: [2], source: 'gladia', result: gladia(0, 'still here') });
    await finish();
    expect(frames.some((frame) => frame.kind === 'transcript' && frame.text === 'still here')).toBe(true);
  });

  it('of one channel gives each labelled speaker a track', async () => {
    const spoken = (text: string, speaker: number, start: number) => ({
      type: 'transcript',
      data: { id: text, is_final: true, utterance: { start, end: start + 1, channel: 0, speaker, text, words: [] } },
    });
    for (const result of [spoken('Hello.', 4, 1), spoken('Good morning.', 2, 3), spoken('How are you?', 4, 5)]) {
      publisher.send({ type: 'transcript.result', tracks: [2, 3], source: 'gladia', result });
    }
    await finish();
    const told = frames.flatMap((frame) => (frame.kind === 'transcript' ? [`${frame.trackId} ${frame.text}`] : []));
    expect(told).toEqual(['1-2 Hello.', '1-3 Good morning.', '1-2 How are you?']);
  });

  it('of one channel gives each labelled speaker a participant where only one track is listed', async () => {
    const deepgram = (start: number, words: readonly (readonly [string, number])[]) => ({
      type: 'Results',
      start,
      duration: words.length,
      is_final: true,
      channel_index: [0, 1],
      channel: {
        alternatives: [
          {
            transcript: words.map(([word]) => word).join(' '),
            words: words.map(([word, speaker], i) => ({ word, speaker, start: start + i, end: start + i + 0.5 })),
          },
        ],
      },
    });
    for (const result of [
      deepgram(0, [['hello', 0]]),
      deepgram(2, [
        ['morning', 0],
        ['hi', 1],
      ]),
      deepgram(5, [['bye', 2]]),
    ]) {
      publisher.send({ type: 'transcript.result', tracks: [2], source: 'deepgram', result });
    }
    await finish();
    const names = new Map(
      frames.flatMap((frame) => (frame.kind === 'track' ? [[frame.trackId, frame.participant.id]] : [])),
    );
    const told = frames.flatMap((frame) =>
      frame.kind === 'transcript' ? [`${names.get(frame.trackId)}: ${frame.text}`] : [],
    );
    expect(told).toEqual(['ann: hello', 'ann: morning', 'ann-2: hi', 'ann-3: bye']);
    const response = await fetch(`${server.url}/v1/sessions/call`);
    const { participants } = (await response.json()) as SessionSummary;
    expect(participants.map(({ id }) => id)).toEqual(['ann', 'bob', 'ann-2', 'ann-3']);
  });

  it.each(GOLDENS)('brings all its final words, as they are read: $name', async ({ source, messages, segments }) => {
    for (const result of messages) publisher.send({ type: 'transcript.result', tracks: [2, 3], source, result });
    await finish();
    const finals = frames.flatMap((frame) => (frame.kind === 'transcript' && frame.final ? [frame.text] : []));
    expect(finals).toEqual(segments.flatMap(({ segment }) => (segment.final ? [segment.text] : [])));
    expect(publisher.received.filter(({ type }) => type === 'error')).toEqual([]);
  });

  it.each(TRANSCRIPT_SOURCES)(
    'stays when ids and times begin again, in another piece or connection: %s',
    async (source) => {
      const say = (to: Publisher, track: number, text: string, offsetMs: number) => {
        for (const result of FIRST_FINALS[source](text)) {
          to.send({ type: 'transcript.result', tracks: [track], source, offsetMs, result });
        }
      };
      say(publisher, 2, 'I have been on hold', 0);
      say(publisher, 2, 'nobody answers my letters', 20_000);
      const again = await new Publisher(server.socketUrl).start('call', 'cid');
      again.send({ type: 'track.add', track: 2, participant: { id: 'cid' }, media: { kind: 'transcript' } });
      say(again, 2, 'I want my money back', 40_000);
      again.send({ type: 'track.end', track: 2 });
      again.socket.close(1000);
      await again.closed;
      await finish();
      const last = new Map(
        frames.flatMap((frame) =>
          frame.kind === 'transcript' ? [[`${frame.trackId} ${frame.segmentId}`, frame.text]] : [],
        ),
      );
      expect([...last.values()]).toEqual(['I have been on hold', 'nobody answers my letters', 'I want my money back']);
    },
  );

  it('leaves no word in the log', async () => {
    publisher.send({ type: 'transcript.result', tracks: [2], source: 'gladia', result: gladia(0, 'a secret') });
    await finish();
    expect(server.logLines.join('')).not.toContain('secret');
  });
});
