import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AudioChunk } from '../../../pipeline/media/media-frame.ts';
import { AudioGrid } from '../../../pipeline/sync/audio-grid.ts';
import { audioChunk, chunksOf, concatSamples } from '../../support/pipeline/frames.ts';

function grid(maxFillMs = 2000) {
  return new AudioGrid({ trackId: 'a', maxFillMs });
}

function run(chunks: readonly AudioChunk[], into = grid()): AudioChunk[] {
  return [...chunks.flatMap((chunk) => into.push(chunk)), ...into.finish()];
}

/** The runs of contiguous output, each `[startMs, lengthMs]`. */
function runs(chunks: readonly AudioChunk[]): [number, number][] {
  const out: [number, number][] = [];
  for (const { startMs, samples } of chunks) {
    const last = out.at(-1);
    if (last !== undefined && last[0] + last[1] === startMs) {
      last[1] += samples.length / 16;
    } else {
      out.push([startMs, samples.length / 16]);
    }
  }
  return out;
}

const sine = (hz: number, rateHz: number, ms: number, gain = 0.5) =>
  Float32Array.from({ length: (rateHz * ms) / 1000 }, (_, n) => gain * Math.sin((2 * Math.PI * hz * n) / rateHz));

describe('AudioGrid', () => {
  it('puts audio of any rate on the 16 kHz grid, each chunk where the last one ended', () => {
    for (const rateHz of [8000, 16_000, 22_050, 44_100, 48_000, 96_000]) {
      const out = run(chunksOf('a', sine(440, rateHz, 1000), { sampleRateHz: rateHz, startMs: 250 }));
      expect(runs(out)).toEqual([[250, 1000]]);
      expect(out.every(({ sampleRateHz }) => sampleRateHz === 16_000)).toBe(true);
    }
  });

  it('keeps a tone where it was, to a sample', () => {
    const out = concatSamples(run(chunksOf('a', sine(440, 48_000, 500), { sampleRateHz: 48_000 })));
    const expected = sine(440, 16_000, 500);
    let worst = 0;
    for (let n = 800; n < 7200; n += 1) {
      worst = Math.max(worst, Math.abs(out[n]! - expected[n]!));
    }
    expect(worst).toBeLessThan(0.005);
  });

  it('does not let rounded time stamps add up', () => {
    const chunks = chunksOf('a', sine(100, 44_100, 30_000), { chunkMs: 23.22, sampleRateHz: 44_100 });
    const rounded = chunks.map((chunk) => ({ ...chunk, startMs: Math.round(chunk.startMs) }));
    expect(runs(run(rounded))).toEqual([[0, 30_000]]);
  });

  it('fills a lost packet with silence', () => {
    const chunks = chunksOf('a', new Float32Array(16_000).fill(0.5)).filter((_, index) => index < 10 || index >= 15);
    const out = run(chunks);
    expect(runs(out)).toEqual([[0, 1000]]);
    expect(
      concatSamples(out)
        .slice(3300, 4700)
        .every((sample) => Math.abs(sample) < 1e-6),
    ).toBe(true);
  });

  it('starts anew behind a hole too long to fill', () => {
    const signal = new Float32Array(1600);
    const out = run([...chunksOf('a', signal), ...chunksOf('a', signal, { startMs: 60_000 })]);
    expect(runs(out)).toEqual([
      [0, 100],
      [60_000, 100],
    ]);
  });

  it('leaves out what it has already had', () => {
    const chunks = [0, 50, 100].map((startMs) => audioChunk('a', startMs, new Float32Array(1600)));
    expect(runs(run(chunks))).toEqual([[0, 200]]);
  });

  it.each([300, -300])('stays within 20 ms of a clock that drifts by %i ppm', (ppm) => {
    const into = grid();
    for (let index = 0; index < 15_000; index += 1) {
      const startMs = index * 20 * (1 + ppm * 1e-6) + 5;
      into.push(audioChunk('a', startMs, new Float32Array(320)));
      expect(Math.abs(into.settledMs - startMs - 20)).toBeLessThan(25);
    }
  });

  it('goes on over a change of the sample rate', () => {
    const first = chunksOf('a', sine(440, 48_000, 100), { sampleRateHz: 48_000 });
    const second = chunksOf('a', sine(440, 8000, 100), { sampleRateHz: 8000, startMs: 100 });
    expect(runs(run([...first, ...second]))).toEqual([[0, 200]]);
  });

  it('takes silence for granted up to a bound', () => {
    const into = grid();
    into.push(audioChunk('a', 0, new Float32Array(1600)));
    into.silenceUntil(700);
    expect(into.settledMs).toBeGreaterThan(690);
    into.silenceUntil(60_000);
    expect(into.settledMs).toBeLessThanOrEqual(2700);
  });

  it('gives one contiguous run whatever the sizes of the packets', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(sizes, fc.constantFrom(8000, 16_000, 44_100, 48_000), (lengths, rateHz) => {
        let count = 0;
        const chunks = lengths.map((length) => {
          const chunk = audioChunk('a', (count * 1000) / rateHz, new Float32Array(length), rateHz);
          count += length;
          return chunk;
        });
        const sampleCount = Math.round((count * 16_000) / rateHz);
        expect(runs(run(chunks))).toEqual(sampleCount === 0 ? [] : [[0, sampleCount / 16]]);
      }),
      {
        numRuns: 30,
        examples: [
          [[1], 48_000],
          [[2], 48_000],
          [[1], 44_100],
        ],
      },
    );
  });
});
