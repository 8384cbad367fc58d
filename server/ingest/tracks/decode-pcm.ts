import type { AudioEncoding } from '../../../client-sdk/protocol/index.ts';

const BYTES_PER_SAMPLE = { 'pcm-s16le': 2, 'pcm-f32le': 4 } as const satisfies Record<AudioEncoding, number>;

/**
 * Converts interleaved little-endian samples to mono, −1…1. Averages the channels and clips floats beyond ±1. Returns
 * null if the bytes are not whole sample frames or a sample is not finite. The caller owns the result.
 */
export function decodePcm(bytes: Uint8Array, encoding: AudioEncoding, channelCount: number): Float32Array | null {
  const bytesPerSample = BYTES_PER_SAMPLE[encoding];
  const frameBytes = bytesPerSample * channelCount;
  if (bytes.byteLength % frameBytes !== 0) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mono = new Float32Array(bytes.byteLength / frameBytes);
  const isFloat = encoding === 'pcm-f32le';
  let offset = 0;
  for (let i = 0; i < mono.length; i += 1) {
    let sum = 0;
    for (let channel = 0; channel < channelCount; channel += 1) {
      sum += isFloat ? view.getFloat32(offset, true) : view.getInt16(offset, true) / 32768;
      offset += bytesPerSample;
    }
    if (!Number.isFinite(sum)) return null;
    mono[i] = Math.max(-1, Math.min(1, sum / channelCount));
  }
  return mono;
}
