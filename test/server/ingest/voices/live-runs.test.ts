import { describe, expect, it } from 'vitest';
import { LiveRuns } from '../../../../server/ingest/voices/live-runs.ts';

/** The windows of a voice (`#`), as `from-to`, with the step at which each is complete. */
function windowsOf(pattern: string): string[] {
  const runs = new LiveRuns();
  const found = [...pattern].flatMap((c, step) => {
    const complete = runs.push(step, c === '#');
    return complete === null ? [] : [`${complete.window.from}-${complete.window.to} at ${step}`];
  });
  const last = runs.end();
  return last === null ? found : [...found, `${last.window.from}-${last.window.to} at the end`];
}

const voice = (steps: number) => '#'.repeat(steps);

describe('LiveRuns', () => {
  it('completes a window of 16 steps every 8 steps of voice', () => {
    expect(windowsOf(`..${voice(32)}...`)).toEqual(['2-18 at 17', '10-26 at 25', '18-34 at 33']);
  });

  it('covers the rest of a run once it is over', () => {
    expect(windowsOf(`${voice(20)}...`)).toEqual(['0-16 at 15', '4-20 at 22']);
    expect(windowsOf(voice(20))).toEqual(['0-16 at 15', '4-20 at the end']);
    expect(windowsOf(`.${voice(6)}...`)).toEqual(['1-7 at 9']);
  });

  it('goes on over short pauses, wherever they lie', () => {
    for (let pause = 1; pause < 40; pause++) {
      const pattern = `${voice(pause)}..${voice(60)}`;
      const ends = windowsOf(pattern).map((window) => Number(/-(\d+)/.exec(window)![1]));
      const gaps = [0, ...ends].slice(1).map((end, index) => end - (ends[index - 1] ?? end));
      expect(Math.max(...gaps)).toBeLessThanOrEqual(10);
      expect(ends.at(-1)).toBe(pattern.length);
    }
  });

  it('cuts voice that never pauses', () => {
    const runs = new LiveRuns();
    let longest = 0;
    for (let step = 0; step < 2000; step++) longest = Math.max(longest, runs.push(step, true)?.run.windows.length ?? 0);
    expect(longest).toBe(32);
  });

  it('leaves out what is too short', () => expect(windowsOf('..###......##...')).toEqual([]));
});
