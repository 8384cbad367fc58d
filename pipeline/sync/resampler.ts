import { Convolver } from './resampling/convolver.ts';

/** Changes a mono track's sample rate, chunk by chunk. Any cut of the input into chunks gives the same output. */
export interface Resampler {
  /** Takes the next samples and returns the output that they settle: a new array, perhaps empty. */
  push(samples: Float32Array): Float32Array;
  /** Ends the track: returns what is left, and makes the resampler ready for another track. */
  flush(): Float32Array;
}

const LOWEST_RATE_HZ = 1000;
const HIGHEST_RATE_HZ = 768_000;
/** Zero crossings of the sinc on either side, which sets the width of the transition band. */
const ZERO_CROSSINGS = 32;
/** Kaiser window with a stop band at −67 dB. */
const KAISER_BETA = 6.5;
/** Cut-off as a share of the lower Nyquist frequency, so that the transition ends before it. */
const CUTOFF = 0.9375;
/** Rates whose ratio asks for more phases take them by interpolation between this many. */
const MAX_TABLE_ROWS = 1024;

/**
 * Resamples from `inputRateHz` to `outputRateHz` (default 16000) with a polyphase windowed sinc. The filter's delay is
 * taken out: output sample `n` lies at the time `n / outputRateHz` of the input, and the total after `flush` is
 * `round(inputCount * outputRateHz / inputRateHz)`. Outside of the track the signal counts as zero.
 *
 * Aliases stay 60 dB under the signal; frequencies up to 7/8 of the lower Nyquist frequency pass within 0.5 dB.
 * @throws RangeError for a rate that is not an integer from 1000 to 768000.
 */
export function createResampler(inputRateHz: number, outputRateHz = 16_000): Resampler {
  checkRate(inputRateHz);
  checkRate(outputRateHz);
  return inputRateHz === outputRateHz ? new Passthrough() : new PolyphaseResampler(inputRateHz, outputRateHz);
}

class Passthrough implements Resampler {
  push(samples: Float32Array): Float32Array {
    return samples.slice();
  }

  flush(): Float32Array {
    return new Float32Array(0);
  }
}

/** What all resamplers between two rates share. */
interface Filter {
  /** Output sample `n` lies `n * step / phases` input samples in. */
  readonly step: number;
  readonly phases: number;
  /** Input samples on either side that an output sample depends on. */
  readonly reach: number;
  readonly taps: number;
  /** Rows of the kernel per unit of phase: `phases`, or fewer if rows are interpolated. */
  readonly rows: number;
  readonly kernel: Float32Array;
  /** Null if rows are interpolated: for rates that no device has. */
  readonly convolver: Convolver | null;
}

/** Filters that are kept: a client may name any rate. */
const MAX_FILTERS = 8;
const filters = new Map<string, Filter>();

function filterOf(inputRateHz: number, outputRateHz: number): Filter {
  const name = `${inputRateHz} ${outputRateHz}`;
  const filter = filters.get(name) ?? designFilter(inputRateHz, outputRateHz);
  filters.delete(name);
  filters.set(name, filter);
  for (const oldest of filters.keys()) if (filters.size > MAX_FILTERS) filters.delete(oldest);
  return filter;
}

function designFilter(inputRateHz: number, outputRateHz: number): Filter {
  const divisor = greatestCommonDivisor(inputRateHz, outputRateHz);
  const [step, phases] = [inputRateHz / divisor, outputRateHz / divisor];
  const cutoff = CUTOFF * Math.min(1, outputRateHz / inputRateHz);
  const reach = Math.ceil(ZERO_CROSSINGS / cutoff);
  const taps = 2 * reach;
  const rows = Math.min(phases, MAX_TABLE_ROWS);
  const kernel = polyphaseKernel(rows, reach, cutoff);
  const convolver = rows === phases ? new Convolver({ weights: kernel, taps, phases, step }) : null;
  return { step, phases, reach, taps, rows, kernel, convolver };
}

class PolyphaseResampler implements Resampler {
  readonly #inputRateHz: number;
  readonly #outputRateHz: number;
  readonly #filter: Filter;
  /** Input from sample `#tailStart` on, which later output depends on. */
  #tail: Float32Array;
  #tailLength: number;
  #tailStart: number;
  #inputCount = 0;
  #outputCount = 0;

  constructor(inputRateHz: number, outputRateHz: number) {
    this.#inputRateHz = inputRateHz;
    this.#outputRateHz = outputRateHz;
    this.#filter = filterOf(inputRateHz, outputRateHz);
    const { reach, taps } = this.#filter;
    this.#tail = new Float32Array(taps);
    this.#tailLength = reach;
    this.#tailStart = -reach;
  }

  push(samples: Float32Array): Float32Array {
    this.#append(samples);
    this.#inputCount += samples.length;
    return this.#produce(
      Math.floor(((this.#inputCount - this.#filter.reach) * this.#filter.phases - 1) / this.#filter.step) + 1,
    );
  }

  flush(): Float32Array {
    const total = Math.round((this.#inputCount * this.#outputRateHz) / this.#inputRateHz);
    this.#append(new Float32Array(this.#filter.reach + this.#filter.step));
    const output = this.#produce(total);
    this.#tail.fill(0, 0, this.#filter.reach);
    this.#tailLength = this.#filter.reach;
    this.#tailStart = -this.#filter.reach;
    this.#inputCount = 0;
    this.#outputCount = 0;
    return output;
  }

  #append(samples: Float32Array): void {
    const length = this.#tailLength + samples.length;
    if (length > this.#tail.length) {
      const grown = new Float32Array(Math.max(length, 2 * this.#tail.length));
      grown.set(this.#tail.subarray(0, this.#tailLength));
      this.#tail = grown;
    }
    this.#tail.set(samples, this.#tailLength);
    this.#tailLength = length;
  }

  /** Output up to sample `end`, all of whose input is in the tail. */
  #produce(end: number): Float32Array {
    const output = new Float32Array(Math.max(0, end - this.#outputCount));
    if (this.#filter.convolver === null) this.#interpolate(output);
    else {
      const { phase, first } = this.#placeOf(this.#outputCount);
      this.#filter.convolver.fill(output, this.#tail, first, phase);
    }
    this.#outputCount += output.length;
    this.#forget();
    return output;
  }

  /** Phase of an output sample, and where in the tail the samples begin that it depends on. */
  #placeOf(outputSample: number): { phase: number; first: number } {
    const position = outputSample * this.#filter.step;
    const phase = position % this.#filter.phases;
    return { phase, first: (position - phase) / this.#filter.phases - this.#filter.reach + 1 - this.#tailStart };
  }

  #interpolate(output: Float32Array): void {
    for (let i = 0; i < output.length; i++) {
      const { phase, first } = this.#placeOf(this.#outputCount + i);
      const row = (phase * this.#filter.rows) / this.#filter.phases;
      const below = Math.floor(row);
      const sum = this.#convolve(below, first);
      output[i] = row === below ? sum : sum + (row - below) * (this.#convolve(below + 1, first) - sum);
    }
  }

  #convolve(row: number, first: number): number {
    const kernel = this.#filter.kernel;
    const tail = this.#tail;
    const offset = row * this.#filter.taps;
    let sum = 0;
    for (let tap = 0; tap < this.#filter.taps; tap++) sum += kernel[offset + tap]! * tail[first + tap]!;
    return sum;
  }

  #forget(): void {
    const next = Math.floor((this.#outputCount * this.#filter.step) / this.#filter.phases) - this.#filter.reach + 1;
    const surplus = Math.min(this.#tailLength, next - this.#tailStart);
    if (surplus <= 0) return;
    this.#tail.copyWithin(0, surplus, this.#tailLength);
    this.#tailLength -= surplus;
    this.#tailStart += surplus;
  }
}

/** Rows of taps for phases from 0 to 1, both included; each sums to one, so that a constant passes unchanged. */
function polyphaseKernel(rows: number, reach: number, cutoff: number): Float32Array {
  const taps = 2 * reach;
  const kernel = new Float32Array((rows + 1) * taps);
  for (let phase = 0; phase <= rows; phase++) {
    const row = kernel.subarray(phase * taps, (phase + 1) * taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - reach + 1 - phase / rows;
      row[tap] = sinc(cutoff * distance) * kaiser(distance / reach);
      sum += row[tap]!;
    }
    for (let tap = 0; tap < taps; tap++) row[tap]! /= sum;
  }
  return kernel;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return Math.abs(x) > 1 ? 0 : bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA);
}

/** Modified Bessel function of the first kind and order zero, by its power series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function checkRate(rateHz: number): void {
  if (!Number.isInteger(rateHz) || rateHz < LOWEST_RATE_HZ || rateHz > HIGHEST_RATE_HZ) {
    throw new RangeError(
      `sample rate must be an integer from ${LOWEST_RATE_HZ} to ${HIGHEST_RATE_HZ} Hz, not ${rateHz}`,
    );
  }
}
