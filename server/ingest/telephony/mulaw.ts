/** Rate of the sound on a telephone line, Hz. */
export const LINE_RATE_HZ = 8000;

/** ITU-T G.711 µ-law: the sample, −1…1, per code. */
const SAMPLES = Float32Array.from({ length: 256 }, (_, code) => {
  const inverted = ~code & 0xff;
  const exponent = (inverted >> 4) & 0x07;
  const magnitude = ((((inverted & 0x0f) << 3) + 0x84) << exponent) - 0x84;
  return (inverted & 0x80 ? -magnitude : magnitude) / 32768;
});

/**
 * Decodes one channel of interleaved µ-law audio to samples, −1…1, owned by the caller. Ignores bytes after the last
 * whole sample frame.
 *
 * @param channel - 0…`channelCount` − 1.
 */
export function decodeMulaw(bytes: Uint8Array, channel = 0, channelCount = 1): Float32Array {
  const samples = new Float32Array(Math.floor(bytes.length / channelCount));
  for (let i = 0; i < samples.length; i += 1) samples[i] = SAMPLES[bytes[i * channelCount + channel]!]!;
  return samples;
}
