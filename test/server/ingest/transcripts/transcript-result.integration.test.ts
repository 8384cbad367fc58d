import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import { Publisher } from '../../../support/server/peers.ts';
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
        segmentId: '00-1',
        startMs: 1250,
        endMs: 1750,
        text: 'Hello',
        final: false,
      },
      {
        kind: 'transcript',
        trackId: '1-2',
        segmentId: '00-1',
        startMs: 1250,
        endMs: 1750,
        text: 'Hello.',
        final: true,
      },
      {
        kind: 'transcript',
        trackId: '1-3',
        segmentId: '00-1',
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

  it('is refused when it names a recogniser that nobody knows, and the call goes on', async () => {
    publisher.socket.send(JSON.stringify({ type: 'transcript.result', tracks: [2], source: 'parrot', result: {} }));
    expect(await publisher.untilType('error')).toMatchObject({
      fatal: false,
      message: expect.stringContaining('gladia'),
    });
    publisher.send({ type: 'transcript.result', tracks: [2], source: 'gladia', result: gladia(0, 'still here') });
    await finish();
    expect(frames.some((frame) => frame.kind === 'transcript' && frame.text === 'still here')).toBe(true);
  });

  it('leaves no word in the log', async () => {
    publisher.send({ type: 'transcript.result', tracks: [2], source: 'gladia', result: gladia(0, 'a secret') });
    await finish();
    expect(server.logLines.join('')).not.toContain('secret');
  });
});
