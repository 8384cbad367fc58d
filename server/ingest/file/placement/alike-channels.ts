/** How two channels compared in one short window. */
export interface WindowComparison {
  /** Level of the louder one, dB below full scale. */
  readonly levelDb: number;
  /** Highest correlation at any small delay, 0…1. Phase does not count. */
  readonly correlation: number;
  /** Level of the second above the first, dB. */
  readonly gainDb: number;
}

/** Delay that is looked for, in samples of {@link COMPARED_RATE_HZ}: 20 ms. */
const MAX_DELAY_SAMPLES = 160;
/** Windows this much quieter than the loudest tell nothing, dB. */
const QUIET_DB = 25;
const ALIKE_CORRELATION = 0.9;
const ALIKE_SHARE = 0.9;
/** The level differs by the same amount everywhere if a channel is a copy. With bleed it depends on who speaks. */
const MAX_GAIN_SPREAD_DB = 4;
const LEAST_ENERGY = 1e-9;
/** No other delay needs to be tried once one gives this. */
const SURE_CORRELATION = 0.98;

/** Rate at which channels are compared, Hz. Speech needs no more. */
export const COMPARED_RATE_HZ = 8000;

/** Compares the same stretch of two channels, sampled at {@link COMPARED_RATE_HZ}. */
export function compareWindow(first: Float32Array, second: Float32Array): WindowComparison {
  const length = first.length;
  const levelDb = 10 * Math.log10(Math.max(energyOf(first), energyOf(second), LEAST_ENERGY) / length);
  let best = { correlation: 0, gainDb: 0 };
  for (let delay = 0; delay <= MAX_DELAY_SAMPLES && best.correlation < SURE_CORRELATION; delay++) {
    const [forward, backward] = [compareAt(first, second, delay), compareAt(second, first, delay)];
    if (forward.correlation > best.correlation) best = forward;
    if (backward.correlation > best.correlation) best = { ...backward, gainDb: -backward.gainDb };
  }
  return { levelDb, ...best };
}

/** Whether two channels hold the same sound, also where one is louder, inverted or a little later. */
export function areAlike(windows: readonly WindowComparison[]): boolean {
  const loudest = windows.reduce((max, { levelDb }) => Math.max(max, levelDb), Number.NEGATIVE_INFINITY);
  const telling = windows.filter(({ levelDb }) => levelDb >= Math.max(loudest - QUIET_DB, -70));
  const alike = telling.filter(({ correlation }) => correlation >= ALIKE_CORRELATION);
  if (alike.length === 0 || alike.length < telling.length * ALIKE_SHARE) return false;
  const gains = alike.map(({ gainDb }) => gainDb).sort((a, b) => a - b);
  const quantile = (share: number) => gains[Math.min(gains.length - 1, Math.floor(gains.length * share))]!;
  return quantile(0.95) - quantile(0.05) <= MAX_GAIN_SPREAD_DB;
}

/** Normalised correlation of `later`, moved back by `delay` samples, with `earlier`, and its level above it. */
function compareAt(earlier: Float32Array, later: Float32Array, delay: number) {
  let product = 0;
  let earlierEnergy = LEAST_ENERGY;
  let laterEnergy = LEAST_ENERGY;
  for (let i = delay; i < later.length; i++) {
    const [a, b] = [earlier[i - delay]!, later[i]!];
    product += a * b;
    earlierEnergy += a * a;
    laterEnergy += b * b;
  }
  return {
    correlation: Math.abs(product) / Math.sqrt(earlierEnergy * laterEnergy),
    gainDb: 10 * Math.log10(laterEnergy / earlierEnergy),
  };
}

function energyOf(samples: Float32Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return energy;
}
