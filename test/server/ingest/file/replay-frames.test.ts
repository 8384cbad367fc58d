import { describe, expect, it } from 'vitest';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import { replayFrames } from '../../../../server/ingest/file/replay-frames.ts';

async function* audioFrames(count: number): AsyncGenerator<MediaFrame> {
  for (let i = 0; i < count; i++) {
    yield { kind: 'audio', trackId: 'a', startMs: i * 100, sampleRateHz: 16_000, samples: new Float32Array(1600) };
  }
}

describe('replayFrames', () => {
  it('stops when aborted', async () => {
    const abort = new AbortController();
    const sent: number[] = [];
    const push = (frame: MediaFrame) => {
      sent.push(frame.startMs);
      if (sent.length === 3) abort.abort(new Error('enough'));
    };
    await expect(replayFrames(audioFrames(20), push, () => undefined, abort.signal)).rejects.toThrowError('enough');
    expect(sent).toHaveLength(3);
  });
});
