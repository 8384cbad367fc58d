/** Moving average over three frames; the values at either end count twice there. */
export function smooth(input: Float64Array, length: number, output: Float64Array): void {
  for (let t = 0; t < length; t++) {
    const before = input[t === 0 ? 0 : t - 1]!;
    const after = input[t + 1 < length ? t + 1 : t]!;
    output[t] = (before + input[t]! + after) / 3;
  }
}

/** Moving average over three frames without their zeros: a zero stays zero, and takes no part in its neighbours' averages. */
export function smoothNonZero(input: Float64Array, length: number, output: Float64Array): void {
  for (let t = 0; t < length; t++) {
    let sum = input[t]!;
    if (sum === 0) {
      output[t] = 0;
      continue;
    }
    let count = 1;
    if (t > 0 && input[t - 1] !== 0) {
      sum += input[t - 1]!;
      count++;
    }
    if (t + 1 < length && input[t + 1] !== 0) {
      sum += input[t + 1]!;
      count++;
    }
    output[t] = sum / count;
  }
}
