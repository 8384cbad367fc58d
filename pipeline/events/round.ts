/** Rounds to `digits` digits after the point. This also hides the last bits, which depend on the size of a batch. */
export function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
