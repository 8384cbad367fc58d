import { SHORT_BIN_HZ as BIN_HZ } from '../../../pipeline/features/audio/kernels/tables/spectral-slope.ts';

const BIN_AT_500_HZ = 500 / BIN_HZ;
const BIN_AT_1000_HZ = 1000 / BIN_HZ;
const BIN_AT_1500_HZ = 1500 / BIN_HZ;
const BIN_AT_2000_HZ = 2000 / BIN_HZ;
const BIN_AT_5000_HZ = 5000 / BIN_HZ;
/** Keeps logarithms finite in digital silence; far below one step of 16-bit audio. */
const POWER_FLOOR = 1e-14;

/** How energy spreads over frequency in a 20 ms frame; read the fields after `analyze`. */
export class SpectralShape {
  /** Energy 1–5 kHz over energy up to 1 kHz, dB. */
  alphaRatio = 0;
  /** Strongest bin up to 2 kHz over the strongest of 2–5 kHz, dB. */
  hammarbergIndex = 0;
  /** Slope of the logarithmic power spectrum in 0–500 Hz, dB/Hz. */
  slope0To500 = 0;
  /** Slope of the logarithmic power spectrum in 500–1500 Hz, dB/Hz. */
  slope500To1500 = 0;
  /** Root mean square change of {@link magnitudes} since the frame before. */
  flux = 0;
  readonly #decibels = new Float64Array(BIN_AT_1500_HZ + 1);
  /** Up to 5 kHz. */
  readonly magnitudes = new Float32Array(BIN_AT_5000_HZ);

  analyze(power: Float64Array): void {
    let low = 0;
    let high = 0;
    let lowPeak = 0;
    let highPeak = 0;
    let change = 0;
    for (let bin = 0; bin <= BIN_AT_5000_HZ; bin++) {
      const value = power[bin]!;
      if (bin < BIN_AT_1000_HZ) low += value;
      else high += value;
      if (bin < BIN_AT_2000_HZ) lowPeak = Math.max(lowPeak, value);
      else highPeak = Math.max(highPeak, value);
      if (bin < BIN_AT_5000_HZ) {
        const magnitude = Math.sqrt(value);
        change += (magnitude - this.magnitudes[bin]!) ** 2;
        this.magnitudes[bin] = magnitude;
      }
    }
    for (let bin = 0; bin <= BIN_AT_1500_HZ; bin++) this.#decibels[bin] = decibels(power[bin]!);
    this.alphaRatio = decibels(high) - decibels(low);
    this.hammarbergIndex = decibels(lowPeak) - decibels(highPeak);
    this.slope0To500 = this.#slope(0, BIN_AT_500_HZ);
    this.slope500To1500 = this.#slope(BIN_AT_500_HZ, BIN_AT_1500_HZ);
    this.flux = Math.sqrt(change / BIN_AT_5000_HZ);
  }

  /** Least squares over bins `from…to`; openSMILE counts the steps of the interval, not its points, and so does this. */
  #slope(from: number, to: number): number {
    const count = to - from;
    let sumX = 0;
    let sumXx = 0;
    let sumY = 0;
    let sumXy = 0;
    for (let bin = from; bin <= to; bin++) {
      const x = bin * BIN_HZ;
      const y = this.#decibels[bin]!;
      sumX += x;
      sumXx += x * x;
      sumY += y;
      sumXy += x * y;
    }
    return (count * sumXy - sumX * sumY) / (count * sumXx - sumX * sumX);
  }
}

function decibels(power: number): number {
  return 10 * Math.log10(Math.max(POWER_FLOOR, power));
}
