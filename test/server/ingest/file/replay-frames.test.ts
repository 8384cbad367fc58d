import { describe, expect, it } from 'vitest';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import { AnalysisPace, replayFrames } from '../../../../server/ingest/file/replay-frames.ts';

async function* audioFrames(count: number): AsyncGenerator<MediaFrame> {
  for (let i = 0; i < count; i++) {
    yield { kind: 'audio', trackId: 'a', startMs: i * 100, sampleRateHz: 16_000, samples: new Float32Array(1600) };
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('replayFrames', () => {
  it('stays no further ahead of the analysis than it may, and goes on as the analysis does', async () => {
    const pace = new AnalysisPace(500);
    const sent: number[] = [];
    const done = replayFrames(audioFrames(20), (frame) => sent.push(frame.startMs), pace.pace);
    await turn();
    expect(Math.max(...sent)).toBe(500);
    pace.progress(300);
    await turn();
    expect(Math.max(...sent)).toBe(800);
    pace.progress(10_000);
    await done;
    expect(sent).toHaveLength(20);
  });

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
