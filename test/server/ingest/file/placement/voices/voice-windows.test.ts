import { describe, expect, it } from 'vitest';
import { cutRuns } from '../../../../../../server/ingest/file/placement/voices/voice-windows.ts';

const voicedOf = (pattern: string) => Uint8Array.from(pattern, (c) => (c === '#' ? 1 : 0));

describe('cutRuns', () => {
  it('joins voice over short pauses, and leaves out what is too short to tell who speaks', () => {
    const runs = cutRuns(voicedOf('.#####..####...##....####'));
    expect(runs.map(({ from, to }) => [from, to])).toEqual([
      [1, 12],
      [21, 25],
    ]);
  });

  it.each([4, 15, 16, 17, 24, 25, 100, 1001])('covers a run of %i steps with windows that lie within it', (length) => {
    const [run] = cutRuns(voicedOf(`..${'#'.repeat(length)}`));
    const { windows } = run!;
    expect(windows[0]!.from).toBe(2);
    expect(windows.at(-1)!.to).toBe(2 + length);
    for (const [index, { from, to }] of windows.entries()) {
      expect(to - from).toBe(Math.min(16, length));
      if (index > 0) expect(from - windows[index - 1]!.from).toBeLessThanOrEqual(8);
    }
  });

  it('finds nothing in silence', () => expect(cutRuns(voicedOf('......'))).toEqual([]));
});
