import { expect, it } from 'vitest';
import { encodeMediaPacket, type SessionSummary } from '../../../../client-sdk/protocol/index.ts';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import { Publisher } from '../../../support/server/peers.ts';
import { startTestServer } from '../../../support/server/test-server.ts';
import { signEncoder } from '../../../support/voices/excerpts.ts';

const RATE_HZ = 16_000;
const PACKET_MS = 100;
const TURN_MS = 2000;
const TURNS = 10;

/** A turn of one of two voices, which differ in their sign, and half a second of silence. */
function turnOf(voice: number): Int16Array {
  const samples = new Int16Array(((TURN_MS + 500) * RATE_HZ) / 1000);
  const sign = voice === 0 ? 1 : -1;
  for (let i = 0; i < (TURN_MS * RATE_HZ) / 1000; i++) samples[i] = sign * 8000 * (1 + Math.sin(i / 3));
  return samples;
}

it('two voices in one track get a participant each, and the words that they say', async () => {
  const frames: MediaFrame[] = [];
  const server = await startTestServer({
    config: { maxLeadMs: 3_600_000 },
    speakers: { forSession: () => signEncoder(), close: async () => {} },
    script: { onFrame: (frame) => frames.push(frame) },
  });
  try {
    const publisher = await new Publisher(server.socketUrl).start('call', 'mix');
    publisher.send({ type: 'track.add', track: 2, participant: { id: 'mix' }, media: { kind: 'transcript' } });
    for (let turn = 0; turn < TURNS; turn++) {
      const samples = turnOf(turn % 2);
      const step = (PACKET_MS * RATE_HZ) / 1000;
      for (let at = 0; at < samples.length; at += step) {
        const mediaTimeMs = turn * (TURN_MS + 500) + (at * 1000) / RATE_HZ;
        const payload = new Uint8Array(samples.slice(at, at + step).buffer);
        publisher.socket.send(encodeMediaPacket({ kind: 'audio', track: 1, mediaTimeMs, payload }));
      }
      // The encoder answers meanwhile.
      await expect
        .poll(() => frames.some((frame) => endOf(frame) >= turn * (TURN_MS + 500)), { timeout: 60_000 })
        .toBe(true);
    }
    // One result for the last two turns, as Deepgram sends it where nobody pauses.
    const startMs = (TURNS - 2) * (TURN_MS + 500);
    const words = ['good', 'day', 'hello', 'there'].map((word, i) => {
      const start = (startMs + [1200, 1600, 2600, 3200][i]!) / 1000;
      return { word, start, end: start + 0.4 };
    });
    publisher.send({
      type: 'transcript.result',
      tracks: [2],
      source: 'deepgram',
      result: {
        type: 'Results',
        start: startMs / 1000,
        duration: 5,
        is_final: true,
        channel_index: [0, 1],
        channel: { alternatives: [{ transcript: 'good day hello there', words }] },
      },
    });
    publisher.send({ type: 'session.end' });
    await publisher.closed;

    const names = new Map(
      frames.flatMap((frame) => (frame.kind === 'track' ? [[frame.trackId, frame.participant.id]] : [])),
    );
    const said = frames.flatMap((frame) =>
      frame.kind === 'transcript' ? [`${names.get(frame.trackId)}: ${frame.text}`] : [],
    );
    expect(said).toEqual(['mix: good day', 'mix-2: hello there']);
    const response = await fetch(`${server.url}/v1/sessions/call`);
    const { participants } = (await response.json()) as SessionSummary;
    expect(participants.map(({ id, displayName }) => [id, displayName])).toEqual([
      ['mix', 'Ann Example'],
      ['mix-2', 'Ann Example (2)'],
    ]);
  } finally {
    await server.close();
  }
});

/** End of a frame's sound, ms. */
function endOf(frame: MediaFrame): number {
  return frame.kind === 'audio' ? frame.startMs + (frame.samples.length * 1000) / frame.sampleRateHz : 0;
}
