import { setImmediate } from 'node:timers/promises';
import { map, mergeMap, type OperatorFunction } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import type { AnalysisWarning } from '../../../../server/ingest/file/analysis-warning.ts';
import { runAnalysis } from '../../../../server/ingest/file/run-analysis.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';

const HOUR_MS = 3_600_000;

function audioAt(startMs: number): MediaFrame {
  return { kind: 'audio', trackId: 'a', startMs, sampleRateHz: 16_000, samples: new Float32Array(1600) };
}

const everyTenth = (count: number): MediaFrame[] => Array.from({ length: count }, (_, index) => audioAt(index * 100));

/** Passes on the time of each frame and works on nothing. */
const idle = (): OperatorFunction<MediaFrame, number> => map(({ startMs }) => startMs);

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await setImmediate();
}

async function* thenHang(frames: readonly MediaFrame[]): AsyncGenerator<MediaFrame> {
  yield* frames;
  await new Promise(() => {});
}

describe('runAnalysis', () => {
  it('stays at most 2 s ahead of what is being worked on, and goes on when that is done', async () => {
    const pushed: number[] = [];
    let pending = (_: number): void => {};
    const done = runAnalysis({
      frames: everyTenth(100),
      analysis: (onPending) => {
        pending = onPending;
        return map((frame: MediaFrame) => {
          if (frame.startMs === 0) onPending(0);
          return frame.startMs;
        });
      },
      onResult: (startMs) => pushed.push(startMs),
      clock: new ManualClock(),
    });
    await turns();
    expect(pushed.at(-1)).toBe(2000);
    pending(1000);
    await turns();
    expect(pushed.at(-1)).toBe(3000);
    pending(Number.POSITIVE_INFINITY);
    await done;
    expect(pushed).toHaveLength(100);
  });

  it.each([2001, HOUR_MS])('lets media after a gap of %s ms through when nothing is being worked on', async (gapMs) => {
    const pushed: number[] = [];
    await runAnalysis({
      frames: [audioAt(0), audioAt(gapMs), audioAt(2 * gapMs)],
      analysis: idle,
      onResult: (startMs) => pushed.push(startMs),
      clock: new ManualClock(),
    });
    expect(pushed).toEqual([0, gapMs, 2 * gapMs]);
  });

  it('tells how much is analyzed: what was pushed, but nothing that is still being worked on', async () => {
    const told: number[] = [];
    await runAnalysis({
      frames: everyTenth(4),
      analysis: (onPending) => map(({ startMs }) => onPending(startMs < 300 ? 50 : Number.POSITIVE_INFINITY)),
      onResult: () => {},
      onProgress: (mediaTimeMs) => told.push(mediaTimeMs),
      clock: new ManualClock(),
    });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(new Set(told)).toEqual(new Set([0, 50, 300]));
  });

  it('ends with what it has, and a warning, when its source gives nothing more for 30 s', async () => {
    const clock = new ManualClock();
    const warnings: AnalysisWarning[] = [];
    const pushed: number[] = [];
    const done = runAnalysis({
      frames: thenHang(everyTenth(3)),
      analysis: idle,
      onResult: (startMs) => pushed.push(startMs),
      warn: (warning) => warnings.push(warning),
      clock,
    });
    await turns();
    clock.advance(29_000);
    expect(warnings).toEqual([]);
    clock.advance(1000);
    await done;
    expect(warnings).toMatchObject([{ code: 'no-progress', startMs: 200 }]);
    expect(pushed).toEqual([0, 100, 200]);
  });

  it('ends when the analysis itself never ends', async () => {
    const clock = new ManualClock();
    const warnings: AnalysisWarning[] = [];
    const done = runAnalysis({
      frames: everyTenth(100),
      analysis: (onPending) => {
        onPending(0);
        return mergeMap(() => new Promise<void>(() => {}));
      },
      onResult: () => {},
      warn: (warning) => warnings.push(warning),
      clock,
    });
    await turns();
    clock.advance(60_000);
    await done;
    expect(warnings.map(({ code }) => code)).toEqual(['no-progress']);
  });

  it('counts every sign of life as progress', async () => {
    const clock = new ManualClock();
    const warnings: AnalysisWarning[] = [];
    let pending = (_: number): void => {};
    const done = runAnalysis({
      frames: everyTenth(100),
      analysis: (onPending) => {
        pending = onPending;
        onPending(0);
        return idle();
      },
      onResult: () => {},
      warn: (warning) => warnings.push(warning),
      clock,
    });
    for (let step = 1; step <= 5; step++) {
      await turns();
      clock.advance(29_000);
      pending(step);
    }
    pending(Number.POSITIVE_INFINITY);
    await done;
    expect(warnings).toEqual([]);
  });

  it.each<[string, readonly MediaFrame[], number]>([
    ['the source', [], Number.POSITIVE_INFINITY],
    ['the analysis', everyTenth(100), 0],
  ])('stops at once when aborted while it waits for %s', async (_, frames, pendingFromMs) => {
    const abort = new AbortController();
    const done = runAnalysis({
      frames: thenHang(frames),
      analysis: (onPending) => {
        onPending(pendingFromMs);
        return idle();
      },
      onResult: () => {},
      signal: abort.signal,
      clock: new ManualClock(),
    });
    await turns();
    abort.abort(new Error('enough'));
    await expect(done).rejects.toThrowError('enough');
  });

  it('stops at once when it was aborted before', async () => {
    const run = runAnalysis({
      frames: thenHang([]),
      analysis: idle,
      onResult: () => {},
      signal: AbortSignal.abort(new Error('too late')),
      clock: new ManualClock(),
    });
    await expect(run).rejects.toThrowError('too late');
  });

  it('analyzes what came before its source failed, and then tells the failure', async () => {
    const pushed: number[] = [];
    async function* broken(): AsyncGenerator<MediaFrame> {
      yield* everyTenth(3);
      throw new Error('damaged');
    }
    const run = runAnalysis({
      frames: broken(),
      analysis: () => mergeMap(async ({ startMs }: MediaFrame) => startMs),
      onResult: (startMs) => pushed.push(startMs),
      clock: new ManualClock(),
    });
    await expect(run).rejects.toThrowError('damaged');
    expect(pushed).toEqual([0, 100, 200]);
  });
});
