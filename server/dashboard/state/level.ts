/** Lowest level that the meter shows, in dB relative to full scale. */
const FLOOR_DB = -60;

/** Level of samples (−1…1) as a meter position 0…1. The scale is linear in decibels, from −60 dB to full scale. */
export function meterLevel(samples: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < samples.length; at += 1) sum += (samples[at] ?? 0) ** 2;
  if (sum === 0) return 0;
  const levelDb = 10 * Math.log10(sum / samples.length);
  return Math.min(1, Math.max(0, 1 - levelDb / FLOOR_DB));
}
