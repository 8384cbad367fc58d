/**
 * Fourier transform of real signals of one power-of-two size. Tables are built once; a transform allocates nothing.
 * An instance holds scratch memory, so that it serves one caller at a time.
 */
export class RealFft {
  /** Number of input samples. */
  readonly size: number;
  /** Number of output bins, `size / 2 + 1`. */
  readonly binCount: number;
  readonly #half: number;
  readonly #bitReversed: Uint16Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #spectrumIm: Float64Array;

  /** @throws RangeError unless `size` is a power of two from 8 to 65536. */
  constructor(size: number) {
    if (!Number.isInteger(Math.log2(size)) || size < 8 || size > 65536) {
      throw new RangeError(`FFT size must be a power of two from 8 to 65536, not ${size}`);
    }
    this.size = size;
    this.#half = size / 2;
    this.binCount = this.#half + 1;
    this.#bitReversed = bitReversal(this.#half);
    this.#cos = new Float64Array(this.#half);
    this.#sin = new Float64Array(this.#half);
    for (let k = 0; k < this.#half; k++) {
      this.#cos[k] = Math.cos((2 * Math.PI * k) / size);
      this.#sin[k] = -Math.sin((2 * Math.PI * k) / size);
    }
    this.#re = new Float64Array(this.#half);
    this.#im = new Float64Array(this.#half);
    this.#spectrumIm = new Float64Array(this.binCount);
  }

  /** Writes `|X[k]|²` of the transform of `input` ({@link size} samples) into `power` ({@link binCount} values). */
  power(input: Float64Array, power: Float64Array): void {
    this.transform(input, power, this.#spectrumIm);
    for (let k = 0; k < this.binCount; k++) power[k] = power[k]! ** 2 + this.#spectrumIm[k]! ** 2;
  }

  /** Writes the transform of `input` ({@link size} samples) into `re` and `im` ({@link binCount} values each). */
  transform(input: Float64Array, re: Float64Array, im: Float64Array): void {
    this.#transformPairs(input);
    const half = this.#half;
    const pairRe = this.#re;
    const pairIm = this.#im;
    re[0] = pairRe[0]! + pairIm[0]!;
    re[half] = pairRe[0]! - pairIm[0]!;
    im[0] = 0;
    im[half] = 0;
    for (let k = 1; k <= half >> 1; k++) {
      const mirror = half - k;
      const evenRe = (pairRe[k]! + pairRe[mirror]!) * 0.5;
      const evenIm = (pairIm[k]! - pairIm[mirror]!) * 0.5;
      const oddRe = (pairIm[k]! + pairIm[mirror]!) * 0.5;
      const oddIm = (pairRe[mirror]! - pairRe[k]!) * 0.5;
      const c = this.#cos[k]!;
      const s = this.#sin[k]!;
      const turnedRe = oddRe * c - oddIm * s;
      const turnedIm = oddRe * s + oddIm * c;
      re[k] = evenRe + turnedRe;
      im[k] = evenIm + turnedIm;
      re[mirror] = evenRe - turnedRe;
      im[mirror] = turnedIm - evenIm;
    }
  }

  /** Complex transform of half the size over the samples taken in pairs. */
  #transformPairs(input: Float64Array): void {
    const half = this.#half;
    const re = this.#re;
    const im = this.#im;
    const reversed = this.#bitReversed;
    for (let i = 0; i < half; i++) {
      const at = 2 * i;
      const target = reversed[i]!;
      re[target] = input[at]!;
      im[target] = input[at + 1]!;
    }
    for (let i = 0; i < half; i += 2) {
      const aRe = re[i]!;
      const aIm = im[i]!;
      const bRe = re[i + 1]!;
      const bIm = im[i + 1]!;
      re[i] = aRe + bRe;
      im[i] = aIm + bIm;
      re[i + 1] = aRe - bRe;
      im[i + 1] = aIm - bIm;
    }
    const cos = this.#cos;
    const sin = this.#sin;
    for (let width = 4; width <= half; width *= 2) {
      const wing = width / 2;
      const step = this.size / width;
      for (let start = 0; start < half; start += width) {
        for (let j = 0, turn = 0; j < wing; j++, turn += step) {
          const a = start + j;
          const b = a + wing;
          const c = cos[turn]!;
          const s = sin[turn]!;
          const bRe = re[b]! * c - im[b]! * s;
          const bIm = re[b]! * s + im[b]! * c;
          re[b] = re[a]! - bRe;
          im[b] = im[a]! - bIm;
          re[a] = re[a]! + bRe;
          im[a] = im[a]! + bIm;
        }
      }
    }
  }
}

function bitReversal(size: number): Uint16Array {
  const table = new Uint16Array(size);
  const bits = Math.log2(size);
  for (let i = 0; i < size; i++) {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) reversed |= ((i >> bit) & 1) << (bits - 1 - bit);
    table[i] = reversed;
  }
  return table;
}
