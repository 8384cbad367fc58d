/** Moving average over three frames. The first and the last value count twice. */
export function smooth(input: Float32Array, length: number, output: Float64Array): void {
  for (let t = 0; t < length; t++) {
    output[t] = average(input[t === 0 ? 0 : t - 1]!, input[t]!, input[t + 1 < length ? t + 1 : t]!);
  }
}

/** The same without zeros: a zero stays zero, and does not count in its neighbours' averages. */
export function smoothNonZero(input: Float32Array, length: number, output: Float64Array): void {
  for (let t = 0; t < length; t++) {
    output[t] = averageNonZero(input[t === 0 ? 0 : t - 1]!, input[t]!, input[t + 1 < length ? t + 1 : t]!);
  }
}

/** One value of {@link smooth}. */
export function average(before: number, value: number, after: number): number {
  return (before + value + after) / 3;
}

/** One value of {@link smoothNonZero}. */
export function averageNonZero(before: number, value: number, after: number): number {
  if (value === 0) return 0;
  return (before + value + after) / (1 + (before !== 0 ? 1 : 0) + (after !== 0 ? 1 : 0));
}
