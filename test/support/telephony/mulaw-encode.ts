const BIAS = 0x84;
const CLIP = 32_635;

/** Encodes samples (−1…1) as ITU-T G.711 µ-law. */
export function encodeMulaw(samples: Float32Array): Uint8Array {
  return Uint8Array.from(samples, (sample) => {
    const linear = Math.round(Math.max(-1, Math.min(1, sample)) * 32_767);
    const sign = linear < 0 ? 0x80 : 0;
    const magnitude = Math.min(CLIP, Math.abs(linear)) + BIAS;
    const exponent = Math.floor(Math.log2(magnitude)) - 7;
    const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
    return ~(sign | (exponent << 4) | mantissa) & 0xff;
  });
}

/** Encodes samples (−1…1) as 16-bit little-endian integers. */
export function encodeLinear16(samples: Float32Array): Uint8Array {
  const bytes = new Uint8Array(2 * samples.length);
  const view = new DataView(bytes.buffer);
  for (const [i, sample] of samples.entries()) {
    view.setInt16(2 * i, Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), true);
  }
  return bytes;
}

/** Interleaves two channels of the same length, sample frame by sample frame. */
export function interleave(first: Uint8Array, second: Uint8Array, sampleBytes: number): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  for (let at = 0; at < first.length; at += sampleBytes) {
    bytes.set(first.subarray(at, at + sampleBytes), 2 * at);
    bytes.set(second.subarray(at, at + sampleBytes), 2 * at + sampleBytes);
  }
  return bytes;
}
