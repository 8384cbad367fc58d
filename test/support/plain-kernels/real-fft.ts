/**
 * Fourier transform of real signals of one power-of-two size. Tables are built once per size. A transform
 * allocates nothing. An instance holds scratch memory, so it serves one caller at a time.
 *
 * Samples are taken in pairs as complex numbers, whose transform of half the size (radix 4, decimation in time) is then
 * split into the even and the odd samples' parts.
 */
export class RealFft {
  /** Number of input samples. */
  readonly size: number;
  /** Number of output bins, `size / 2 + 1`. */
  readonly binCount: number;
  readonly #tables: Tables;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  /** @throws RangeError unless `size` is a power of two from 8 to 65536. */
  constructor(size: number) {
    if (!Number.isInteger(Math.log2(size)) || size < 8 || size > 65536) {
      throw new RangeError(`FFT size must be a power of two from 8 to 65536, not ${size}`);
    }
    this.size = size;
    this.binCount = size / 2 + 1;
    this.#tables = tablesOf(size);
    this.#re = new Float64Array(size / 2);
    this.#im = new Float64Array(size / 2);
  }

  /** Writes `|X[k]|²` of the transform of `input` ({@link size} samples) into `power` ({@link binCount} values). */
  power(input: Float64Array, power: Float64Array): void {
    const { splitCos, splitSin } = this.#tables;
    const re = this.#re;
    const im = this.#im;
    this.#transformPairs(input);
    const half = this.size / 2;
    power[0] = (re[0]! + im[0]!) ** 2;
    power[half] = (re[0]! - im[0]!) ** 2;
    for (let k = 1, mirror = half - 1; k <= mirror; k++, mirror--) {
      const evenRe = (re[k]! + re[mirror]!) * 0.5;
      const evenIm = (im[k]! - im[mirror]!) * 0.5;
      const oddRe = (im[k]! + im[mirror]!) * 0.5;
      const oddIm = (re[mirror]! - re[k]!) * 0.5;
      const turnedRe = oddRe * splitCos[k]! - oddIm * splitSin[k]!;
      const turnedIm = oddRe * splitSin[k]! + oddIm * splitCos[k]!;
      power[k] = (evenRe + turnedRe) * (evenRe + turnedRe) + (evenIm + turnedIm) * (evenIm + turnedIm);
      power[mirror] = (evenRe - turnedRe) * (evenRe - turnedRe) + (turnedIm - evenIm) * (turnedIm - evenIm);
    }
  }

  /** Writes the transform of `input` ({@link size} samples) into `re` and `im` ({@link binCount} values each). */
  transform(input: Float64Array, re: Float64Array, im: Float64Array): void {
    const { splitCos, splitSin } = this.#tables;
    const pairRe = this.#re;
    const pairIm = this.#im;
    this.#transformPairs(input);
    const half = this.size / 2;
    re[0] = pairRe[0]! + pairIm[0]!;
    re[half] = pairRe[0]! - pairIm[0]!;
    im[0] = 0;
    im[half] = 0;
    for (let k = 1, mirror = half - 1; k <= mirror; k++, mirror--) {
      const evenRe = (pairRe[k]! + pairRe[mirror]!) * 0.5;
      const evenIm = (pairIm[k]! - pairIm[mirror]!) * 0.5;
      const oddRe = (pairIm[k]! + pairIm[mirror]!) * 0.5;
      const oddIm = (pairRe[mirror]! - pairRe[k]!) * 0.5;
      const turnedRe = oddRe * splitCos[k]! - oddIm * splitSin[k]!;
      const turnedIm = oddRe * splitSin[k]! + oddIm * splitCos[k]!;
      re[k] = evenRe + turnedRe;
      im[k] = evenIm + turnedIm;
      re[mirror] = evenRe - turnedRe;
      im[mirror] = turnedIm - evenIm;
    }
  }

  /** Complex transform of half the size over the samples taken in pairs. */
  #transformPairs(input: Float64Array): void {
    const re = this.#re;
    const im = this.#im;
    const { twiddles } = this.#tables;
    const count = re.length;
    this.#transformFours(input);
    let at = 0;
    let width = 4;
    for (; 4 * width <= count; width *= 4) {
      mergeFours(re, im, width, twiddles, at);
      at += 6 * width;
    }
    if (width === count) return;
    for (let a = 0, b = width; a < width; a++, b++, at += 2) {
      const bRe = re[b]! * twiddles[at]! - im[b]! * twiddles[at + 1]!;
      const bIm = re[b]! * twiddles[at + 1]! + im[b]! * twiddles[at]!;
      re[b] = re[a]! - bRe;
      im[b] = im[a]! - bIm;
      re[a] = re[a]! + bRe;
      im[a] = im[a]! + bIm;
    }
  }

  /** Transforms of four pairs each, in bit-reversed order; these need no twiddle factors. */
  #transformFours(input: Float64Array): void {
    const re = this.#re;
    const im = this.#im;
    const { reversed } = this.#tables;
    const quarter = this.size / 4;
    for (let i = 0, a = 0; a < re.length; i++, a += 4) {
      const at = 2 * reversed[i]!;
      const sumRe = input[at]! + input[at + 2 * quarter]!;
      const sumIm = input[at + 1]! + input[at + 2 * quarter + 1]!;
      const differenceRe = input[at]! - input[at + 2 * quarter]!;
      const differenceIm = input[at + 1]! - input[at + 2 * quarter + 1]!;
      const oddSumRe = input[at + quarter]! + input[at + 3 * quarter]!;
      const oddSumIm = input[at + quarter + 1]! + input[at + 3 * quarter + 1]!;
      const oddDifferenceRe = input[at + quarter]! - input[at + 3 * quarter]!;
      const oddDifferenceIm = input[at + quarter + 1]! - input[at + 3 * quarter + 1]!;
      re[a] = sumRe + oddSumRe;
      im[a] = sumIm + oddSumIm;
      re[a + 1] = differenceRe + oddDifferenceIm;
      im[a + 1] = differenceIm - oddDifferenceRe;
      re[a + 2] = sumRe - oddSumRe;
      im[a + 2] = sumIm - oddSumIm;
      re[a + 3] = differenceRe - oddDifferenceIm;
      im[a + 3] = differenceIm + oddDifferenceRe;
    }
  }
}

/** Merges each four neighbouring transforms of `width` bins into one, with the twiddles from index `at` on. */
function mergeFours(re: Float64Array, im: Float64Array, width: number, twiddles: Float64Array, at: number): void {
  for (let k = 0; k < width; k++) {
    const first = at + 6 * k;
    const cos1 = twiddles[first]!;
    const sin1 = twiddles[first + 1]!;
    const cos2 = twiddles[first + 2]!;
    const sin2 = twiddles[first + 3]!;
    const cos3 = twiddles[first + 4]!;
    const sin3 = twiddles[first + 5]!;
    for (let a = k; a < re.length; a += 4 * width) {
      const b = a + width;
      const c = b + width;
      const d = c + width;
      const bRe = re[b]! * cos2 - im[b]! * sin2;
      const bIm = re[b]! * sin2 + im[b]! * cos2;
      const cRe = re[c]! * cos1 - im[c]! * sin1;
      const cIm = re[c]! * sin1 + im[c]! * cos1;
      const dRe = re[d]! * cos3 - im[d]! * sin3;
      const dIm = re[d]! * sin3 + im[d]! * cos3;
      const sumRe = re[a]! + bRe;
      const sumIm = im[a]! + bIm;
      const differenceRe = re[a]! - bRe;
      const differenceIm = im[a]! - bIm;
      const oddSumRe = cRe + dRe;
      const oddSumIm = cIm + dIm;
      const oddDifferenceRe = cRe - dRe;
      const oddDifferenceIm = cIm - dIm;
      re[a] = sumRe + oddSumRe;
      im[a] = sumIm + oddSumIm;
      re[b] = differenceRe + oddDifferenceIm;
      im[b] = differenceIm - oddDifferenceRe;
      re[c] = sumRe - oddSumRe;
      im[c] = sumIm - oddSumIm;
      re[d] = differenceRe - oddDifferenceIm;
      im[d] = differenceIm + oddDifferenceRe;
    }
  }
}

/** What all transforms of one size share. */
interface Tables {
  /** Bit-reversed index of every fourth pair. */
  readonly reversed: Uint16Array;
  /** Cosine and sine of the one-, two- and threefold angle of each bin, width by width; at last those of radix 2. */
  readonly twiddles: Float64Array;
  /** Cosine and sine that rotate the odd samples' part, one pair per bin. */
  readonly splitCos: Float64Array;
  readonly splitSin: Float64Array;
}

const known = new Map<number, Tables>();

function tablesOf(size: number): Tables {
  let tables = known.get(size);
  if (tables === undefined) {
    const bins = size / 4 + 1;
    tables = {
      reversed: bitReversal(size / 2),
      twiddles: twiddlesOf(size / 2),
      splitCos: Float64Array.from({ length: bins }, (_, k) => Math.cos((2 * Math.PI * k) / size)),
      splitSin: Float64Array.from({ length: bins }, (_, k) => -Math.sin((2 * Math.PI * k) / size)),
    };
    known.set(size, tables);
  }
  return tables;
}

function twiddlesOf(count: number): Float64Array {
  const values: number[] = [];
  const add = (turn: number) => values.push(Math.cos(2 * Math.PI * turn), -Math.sin(2 * Math.PI * turn));
  let width = 4;
  for (; 4 * width <= count; width *= 4) {
    for (let k = 0; k < width; k++) for (const fold of [1, 2, 3]) add((fold * k) / (4 * width));
  }
  if (width < count) for (let k = 0; k < width; k++) add(k / count);
  return Float64Array.from(values);
}

function bitReversal(count: number): Uint16Array {
  const bits = Math.log2(count);
  return Uint16Array.from({ length: count / 4 }, (_, i) => {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) reversed |= (((4 * i) >> bit) & 1) << (bits - 1 - bit);
    return reversed;
  });
}
