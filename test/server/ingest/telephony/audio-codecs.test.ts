import { describe, expect, it } from 'vitest';
import { decodeLinear16 } from '../../../../server/ingest/telephony/linear16.ts';
import { decodeMulaw } from '../../../../server/ingest/telephony/mulaw.ts';
import { encodeLinear16, encodeMulaw, interleave } from '../../../support/telephony/mulaw-encode.ts';

const ramp = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) / 2000);

describe('µ-law', () => {
  it('has the corner values of G.711', () => {
    // Table 2a: code 0xFF is +0, 0x7F is −0, 0x80 the largest and 0x00 the smallest value (±8031 of 14 bits).
    const [plusZero, minusZero, largest, smallest] = decodeMulaw(Uint8Array.of(0xff, 0x7f, 0x80, 0x00));
    expect([plusZero, Math.abs(minusZero!)]).toEqual([0, 0]);
    expect([largest! * 32768, smallest! * 32768]).toEqual([8031 * 4, -8031 * 4]);
  });

  it('gives back every code that an encoder makes of its sample, and is odd about zero', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const samples = decodeMulaw(codes);
    // 0x7F is the second zero: an encoder never makes it.
    const again = encodeMulaw(samples.map((sample) => (sample * 32768) / 32767));
    expect([...again].filter((code, i) => code !== i && i !== 0x7f)).toEqual([]);
    for (let code = 0; code < 128; code += 1) expect(samples[code]! + samples[code + 128]!).toBeCloseTo(0, 10);
  });

  it('keeps a signal within the error of its step, an eighth of an octave’s half', () => {
    const decoded = decodeMulaw(encodeMulaw(ramp));
    for (const [i, sample] of ramp.entries()) {
      expect(Math.abs(decoded[i]! - sample)).toBeLessThanOrEqual(Math.abs(sample) / 32 + 0.0005);
    }
  });
});

describe('two interleaved channels', () => {
  const [left, right] = [ramp.subarray(0, 100), ramp.subarray(3000, 3100)];

  it('are taken apart in µ-law', () => {
    const bytes = interleave(encodeMulaw(left), encodeMulaw(right), 1);
    expect(decodeMulaw(bytes, 0, 2)).toEqual(decodeMulaw(encodeMulaw(left)));
    expect(decodeMulaw(bytes, 1, 2)).toEqual(decodeMulaw(encodeMulaw(right)));
    expect(decodeMulaw(bytes.subarray(0, 7), 1, 2)).toHaveLength(3);
  });

  it('are taken apart in linear 16 bits, of either byte order', () => {
    const bytes = interleave(encodeLinear16(left), encodeLinear16(right), 2);
    const decoded = decodeLinear16(bytes, 'little-endian', 1, 2);
    for (const [i, sample] of right.entries()) expect(decoded[i]).toBeCloseTo(sample, 4);
    const swapped = Uint8Array.from(bytes, (_, i) => bytes[i ^ 1]!);
    expect(decodeLinear16(swapped, 'big-endian', 1, 2)).toEqual(decoded);
    expect(decodeLinear16(bytes.subarray(0, 7), 'little-endian', 0, 2)).toHaveLength(1);
  });
});
