/** Whether each value is a finite number. `every` and `Number.isFinite` would make an object of each of them. */
export function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    // The difference is zero, save for infinity and what is not a number.
    if (!(value - value === 0)) return false;
  }
  return true;
}
