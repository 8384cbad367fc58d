import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { G722_RATE_HZ, G722Decoder } from '../../../../server/ingest/telephony/g722.ts';

/** One second of 440 Hz at half the full level, encoded by FFmpeg. */
const TONE = readFileSync(new URL('../../../fixtures/formats/g722.g722', import.meta.url));

/** Level of 440 Hz, and the root mean square of everything else. */
function toneOf(samples: Float32Array): { level: number; rest: number } {
  const phase = (i: number) => (2 * Math.PI * 440 * i) / G722_RATE_HZ;
  let [sine, cosine] = [0, 0];
  for (const [i, sample] of samples.entries()) {
    sine += (2 / samples.length) * sample * Math.sin(phase(i));
    cosine += (2 / samples.length) * sample * Math.cos(phase(i));
  }
  let energy = 0;
  for (const [i, sample] of samples.entries()) {
    energy += (sample - sine * Math.sin(phase(i)) - cosine * Math.cos(phase(i))) ** 2;
  }
  return { level: Math.hypot(sine, cosine), rest: Math.sqrt(energy / samples.length) };
}

describe('G.722', () => {
  it('sounds as before it was encoded', () => {
    const samples = new G722Decoder().decode(TONE);
    expect(samples).toHaveLength(G722_RATE_HZ);
    const { level, rest } = toneOf(samples.subarray(1600, 14_400));
    expect(level).toBeCloseTo(0.5, 2);
    expect(rest).toBeLessThan(0.005);
  });

  it('is the same in pieces as in one', () => {
    const decoder = new G722Decoder();
    const pieces: number[] = [];
    for (let at = 0; at < TONE.length; at += 77) pieces.push(...decoder.decode(TONE.subarray(at, at + 77)));
    expect(Float32Array.from(pieces)).toEqual(new G722Decoder().decode(TONE));
  });

  it('may be any bytes: the samples stay between −1 and 1', () => {
    const bytes = Uint8Array.from({ length: 20_000 }, (_, i) => Math.imul(i + 1, 2_654_435_761) >>> 24);
    expect(new G722Decoder().decode(bytes).every((sample) => Math.abs(sample) <= 1)).toBe(true);
  });
});
