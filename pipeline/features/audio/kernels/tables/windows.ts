export function hammingWindow(size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, n) => 0.54 - 0.46 * Math.cos((2 * Math.PI * n) / (size - 1)));
}

/** @param sigma standard deviation, as a share of half the window. */
export function gaussWindow(size: number, sigma: number): Float64Array {
  const half = (size - 1) / 2;
  return Float64Array.from({ length: size }, (_, n) => Math.exp(-0.5 * ((n - half) / (sigma * half)) ** 2));
}

/** @param period samples after which the window would repeat: its size, or one less for a symmetric window. */
export function hannWindow(size: number, period = size): Float64Array {
  return Float64Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / period));
}
