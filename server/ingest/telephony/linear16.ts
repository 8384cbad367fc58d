/**
 * Decodes one channel of interleaved 16-bit linear audio to samples, −1…1, owned by the caller. Ignores bytes after the
 * last whole sample frame.
 *
 * @param channel - 0…`channelCount` − 1.
 */
export function decodeLinear16(
  bytes: Uint8Array,
  byteOrder: 'little-endian' | 'big-endian',
  channel = 0,
  channelCount = 1,
): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Float32Array(Math.floor(bytes.length / (2 * channelCount)));
  for (let i = 0; i < samples.length; i += 1) {
    samples[i] = view.getInt16(2 * (i * channelCount + channel), byteOrder === 'little-endian') / 32768;
  }
  return samples;
}
