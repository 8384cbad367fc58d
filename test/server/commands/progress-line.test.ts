import { describe, expect, it } from 'vitest';
import { createProgressLine } from '../../../server/commands/progress-line.ts';

function stream(isTTY: boolean): { written: string[]; stream: NodeJS.WriteStream } {
  const written: string[] = [];
  const write = (text: string) => written.push(text) > 0;
  return { written, stream: { isTTY, write } as unknown as NodeJS.WriteStream };
}

const ERASE = '\r\x1b[2K';
const percentOf = (line: string) => Number(/(\d+) %/.exec(line)?.[1]);

describe('progress in a file or pipe', () => {
  it('is a line every tenth, and one at the end', () => {
    const { written, stream: output } = stream(false);
    const progress = createProgressLine(output, 100_000);
    for (let ms = 0; ms <= 95_000; ms += 500) progress.update(ms);
    progress.done();
    expect(written.map(percentOf)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    for (const line of written)
      expect(line).toMatch(/^analyzing \d+ % \(\d:\d\d of 1:40, [\d.]+× real time(, \d+:\d\d left)?\)\n$/);
    expect(written.map((line) => line.includes(' left'))).toEqual([false, ...Array(9).fill(true), false]);
  });

  it('leaves other output alone', () => {
    const { written, stream: output } = stream(false);
    createProgressLine(output, 100_000).above(() => written.push('event\n'));
    expect(written).toEqual(['event\n']);
  });
});

describe('progress on a terminal', () => {
  it('is one line that is rewritten when the percentage changes', () => {
    const { written, stream: output } = stream(true);
    const progress = createProgressLine(output, 100_000);
    for (const ms of [0, 100, 900, 1000, 1100]) progress.update(ms);
    progress.done();
    expect(written.map(percentOf).filter((percent) => !Number.isNaN(percent))).toEqual([0, 1, 100]);
    expect(written.slice(0, -1).every((text) => text.startsWith(ERASE))).toBe(true);
    expect(written.at(-1)).toBe('\n');
  });

  it('makes way for other output and comes back below it', () => {
    const { written, stream: output } = stream(true);
    const progress = createProgressLine(output, 100_000);
    progress.update(50_000);
    written.length = 0;
    progress.above(() => written.push('event\n'));
    expect(written).toEqual([ERASE, 'event\n', expect.stringContaining('50 %')]);
  });
});

describe('progress', () => {
  it('never tells more than all of it, nor divides by nothing', () => {
    const { written, stream: output } = stream(false);
    createProgressLine(output, 100_000).update(101_000);
    createProgressLine(output, 0).done();
    expect(written.map(percentOf)).toEqual([100, 100]);
    expect(written.join('')).not.toMatch(/NaN|Infinity/);
  });
});
