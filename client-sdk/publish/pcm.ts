import type { AudioEncoding } from '../protocol/index.ts';

/** Bytes of one sample. */
const SAMPLE_BYTES: Readonly<Record<AudioEncoding, number>> = { 'pcm-s16le': 2, 'pcm-f32le': 4 };

/**
 * Samples of −1…1 as bytes. In 16 bits, values beyond are clipped and what is not a number becomes silence; in float
 * they pass unchanged.
 */
export function encodePcm(samples: Float32Array, encoding: AudioEncoding): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length * SAMPLE_BYTES[encoding]);
  const view = new DataView(bytes.buffer);
  if (encoding === 'pcm-f32le') {
    for (let index = 0; index < samples.length; index += 1) view.setFloat32(4 * index, samples[index] as number, true);
    return bytes;
  }
  for (let index = 0; index < samples.length; index += 1) {
    const sample = samples[index] as number;
    const clipped = sample > 1 ? 1 : Math.max(sample, -1);
    view.setInt16(2 * index, Math.round(clipped * 0x7fff), true);
  }
  return bytes;
}
