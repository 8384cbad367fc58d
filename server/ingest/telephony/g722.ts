/** Rate of decoded G.722, in Hz: two samples per byte. */
export const G722_RATE_HZ = 16_000;

// The tables of ITU-T G.722, chapter 6: steps of the logarithmic scale, and quantised differences per code.
const LOW_LOG_STEPS = [-60, -30, 58, 172, 334, 538, 1198, 3042];
const LOW_STEP_INDEX = [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0];
const HIGH_LOG_STEPS = [798, -214, 798, -214];
const INVERSE_LOG = [
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
  3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];
const LOW_2_BITS = [-7408, -1616, 7408, 1616];
const LOW_4_BITS = mirrored([20456, 12896, 8968, 6288, 4240, 2584, 1200]);
const LOW_6_BITS = sixBits([
  24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464,
  4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136,
]);
/** Half of the symmetric filter that joins the bands. */
const JOINING_FILTER = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];
const JOINING_LENGTH = 2 * JOINING_FILTER.length;

const LOWEST = -32768;
const HIGHEST = 32767;

/** ITU-T G.722 at 64 kbit/s, one channel. Decodes a stream in which every piece follows the one before it. */
export class G722Decoder {
  readonly #low = new Band(32);
  readonly #high = new Band(8);
  readonly #joined = new Int32Array(JOINING_LENGTH);

  /** Samples, −1…1, at {@link G722_RATE_HZ}, owned by the caller. Any bytes can be decoded. */
  decode(bytes: Uint8Array): Float32Array {
    const samples = new Float32Array(2 * bytes.length);
    for (let i = 0; i < bytes.length; i += 1) {
      const low = this.#decodeLow(bytes[i]! & 0x3f);
      const high = this.#decodeHigh(bytes[i]! >> 6);
      this.#join(low, high, samples, 2 * i);
    }
    return samples;
  }

  #decodeLow(code: number): number {
    const band = this.#low;
    const value = clamp(band.predicted + ((band.scale * LOW_6_BITS[code]!) >> 15), -16384, 16383);
    const coarse = code >> 2;
    const difference = (band.scale * LOW_4_BITS[coarse]!) >> 15;
    band.rescale(LOW_LOG_STEPS[LOW_STEP_INDEX[coarse]!]!, 18432, 8);
    band.adapt(difference);
    return value;
  }

  #decodeHigh(code: number): number {
    const band = this.#high;
    const difference = (band.scale * LOW_2_BITS[code]!) >> 15;
    const value = clamp(band.predicted + difference, -16384, 16383);
    band.rescale(HIGH_LOG_STEPS[code]!, 22528, 10);
    band.adapt(difference);
    return value;
  }

  #join(low: number, high: number, samples: Float32Array, at: number): void {
    const joined = this.#joined;
    joined.copyWithin(0, 2);
    joined[JOINING_LENGTH - 2] = low + high;
    joined[JOINING_LENGTH - 1] = low - high;
    let even = 0;
    let odd = 0;
    for (let i = 0; i < JOINING_FILTER.length; i += 1) {
      even += joined[2 * i]! * JOINING_FILTER[i]!;
      odd += joined[2 * i + 1]! * JOINING_FILTER[JOINING_FILTER.length - 1 - i]!;
    }
    samples[at] = clamp(odd >> 11, LOWEST, HIGHEST) / 32768;
    samples[at + 1] = clamp(even >> 11, LOWEST, HIGHEST) / 32768;
  }
}

/** The adaptive predictor and quantiser of one band, in the 16-bit arithmetic of the standard. */
class Band {
  /** What the next difference is added to. */
  predicted = 0;
  scale: number;
  #logScale = 0;
  /** What the zeros predict. */
  #zeros = 0;
  readonly #differences = new Int32Array(7);
  readonly #weights = new Int32Array(7);
  /** The last two reconstructed values, and the signs of the last two partly reconstructed ones. */
  #before = 0;
  #beforeThat = 0;
  #signBefore = 0;
  #signBeforeThat = 0;
  #pole1 = 0;
  #pole2 = 0;

  constructor(scale: number) {
    this.scale = scale;
  }

  rescale(step: number, highest: number, shift: number): void {
    this.#logScale = clamp(((this.#logScale * 127) >> 7) + step, 0, highest);
    const mantissa = INVERSE_LOG[(this.#logScale >> 6) & 31]!;
    const right = shift - (this.#logScale >> 11);
    this.scale = (right < 0 ? mantissa << -right : mantissa >> right) << 2;
  }

  adapt(difference: number): void {
    const value = saturate(this.predicted + difference);
    const sign = saturate(this.#zeros + difference) >> 15;
    this.#adaptPoles(sign);
    this.#adaptZeros(difference);
    this.#beforeThat = this.#before;
    this.#before = value;
    this.#signBeforeThat = this.#signBefore;
    this.#signBefore = sign;
    const first = (this.#pole1 * saturate(2 * this.#before)) >> 15;
    const second = (this.#pole2 * saturate(2 * this.#beforeThat)) >> 15;
    this.predicted = saturate(saturate(first + second) + this.#zeros);
  }

  #adaptPoles(sign: number): void {
    const fourfold = saturate(4 * this.#pole1);
    const leaning = sign === this.#signBefore ? Math.min(-fourfold, HIGHEST) : fourfold;
    const drift = (sign === this.#signBeforeThat ? 128 : -128) + (leaning >> 7) + ((this.#pole2 * 32512) >> 15);
    this.#pole2 = clamp(drift, -12288, 12288);
    const next = saturate((sign === this.#signBefore ? 192 : -192) + ((this.#pole1 * 32640) >> 15));
    const limit = saturate(15360 - this.#pole2);
    this.#pole1 = clamp(next, -limit, limit);
  }

  #adaptZeros(difference: number): void {
    const differences = this.#differences;
    const weights = this.#weights;
    const step = difference === 0 ? 0 : 128;
    const sign = difference >> 15;
    for (let i = 1; i < 7; i += 1) {
      const change = differences[i]! >> 15 === sign ? step : -step;
      weights[i] = saturate(change + ((weights[i]! * 32640) >> 15));
    }
    differences[0] = difference;
    differences.copyWithin(1, 0, 6);
    let sum = 0;
    for (let i = 6; i > 0; i -= 1) sum += (weights[i]! * saturate(2 * differences[i]!)) >> 15;
    this.#zeros = saturate(sum);
  }
}

function clamp(value: number, lowest: number, highest: number): number {
  return value < lowest ? lowest : value > highest ? highest : value;
}

function saturate(value: number): number {
  return clamp(value, LOWEST, HIGHEST);
}

/** Codes of four bits: nothing, the negative values, the positive ones, nothing. */
function mirrored(positive: readonly number[]): number[] {
  return [0, ...positive.map((value) => -value), ...positive, 0];
}

/** Codes of six bits. The first four are reserved; the two smallest negative values have the last two codes. */
function sixBits(positive: readonly number[]): number[] {
  const negative = positive.map((value) => -value);
  return [-136, -136, -136, -136, ...negative.slice(0, -2), ...positive, ...negative.slice(-2)];
}
