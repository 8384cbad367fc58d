import { describe, expect, it } from 'vitest';
import { MEL_BAND_COUNT, MEL_BLOCK_FRAMES, type MelBlock } from '../../../../models/index.ts';
import { MEL_BLOCK_REACH_SAMPLES, MelBlocks } from '../../../../pipeline/features/audio/mel-blocks.ts';
import { SampleBuffer } from '../../../../pipeline/features/audio/sample-buffer.ts';
import { tone } from '../../../support/recordings.ts';

const RATE_HZ = 16_000;

function blocksOf(samples: Float32Array, lengthSamples: number, chunk = 1600) {
  const whole: MelBlock[] = [];
  const buffer = new SampleBuffer(samples.length + MEL_BLOCK_REACH_SAMPLES);
  const blocks = new MelBlocks(buffer, (block) => whole.push(block));
  for (let at = 0; at < samples.length; at += chunk) {
    buffer.append(samples.subarray(at, at + chunk));
    blocks.advance();
  }
  return { whole, ...blocks.finish(lengthSamples) };
}

/** The band with the most in it, of a frame. */
function loudestBand({ bands }: MelBlock, frame: number): number {
  const row = bands.subarray(frame * MEL_BAND_COUNT, (frame + 1) * MEL_BAND_COUNT);
  return row.indexOf(Math.max(...row));
}

describe('MelBlocks', () => {
  it('gives a block a second as soon as its last frame is there, and the rest at the end', () => {
    const { whole, wholeBlocks, rest } = blocksOf(tone(2.5, 440, RATE_HZ), 2.5 * RATE_HZ);
    expect(whole.map(({ frameCount }) => frameCount)).toEqual([100, 100]);
    expect(wholeBlocks).toBe(2);
    // The last frame of 25 ms begins at 2470 ms.
    expect(rest?.frameCount).toBe(48);
    expect(rest?.bands.length).toBe(MEL_BLOCK_FRAMES * MEL_BAND_COUNT);
    expect(rest?.bands.subarray(48 * MEL_BAND_COUNT).every((value) => value === 0)).toBe(true);
  });

  it('counts only the blocks that end before the utterance does', () => {
    const { whole, wholeBlocks, rest } = blocksOf(tone(3.2, 440, RATE_HZ), 1.5 * RATE_HZ);
    expect([whole.length, wholeBlocks, rest?.frameCount]).toEqual([3, 1, 48]);
  });

  it('gives the same blocks however the samples are cut', () => {
    const samples = tone(1.7, 300, RATE_HZ);
    expect(blocksOf(samples, samples.length, 37)).toEqual(blocksOf(samples, samples.length, 5000));
  });

  it('has nothing for less than a frame', () => {
    expect(blocksOf(tone(0.02, 440, RATE_HZ), 320)).toEqual({ whole: [], wholeBlocks: 0, rest: null });
  });

  it('shows a tone in the band of its pitch: linear below 1 kHz, 41.5 Hz a band', () => {
    for (const hz of [200, 400, 800]) {
      const [block] = blocksOf(tone(1.1, hz, RATE_HZ), RATE_HZ).whole;
      // Slaney's scale: 200/3 Hz a mel below 1 kHz, 45.245 mels up to 8 kHz in 81 steps.
      const expected = hz / ((200 / 3) * (45.2453 / 81)) - 1;
      expect(Math.abs(loudestBand(block!, 50) - expected)).toBeLessThanOrEqual(1);
    }
  });

  it('rises by a quarter when the power is ten times as high, as Whisper scales it', () => {
    const quiet = tone(1.1, 440, RATE_HZ).map((value) => value * 0.1);
    const loud = quiet.map((value) => value * Math.sqrt(10));
    const [a, b] = [quiet, loud].map((samples) => Math.max(...blocksOf(samples, RATE_HZ).whole[0]!.bands));
    expect(b! - a!).toBeCloseTo(0.25, 5);
  });

  it('floors silence instead of taking its logarithm', () => {
    const [block] = blocksOf(new Float32Array(1.1 * RATE_HZ), RATE_HZ).whole;
    expect(block!.bands.every((value) => value === -1.5)).toBe(true);
  });
});
