/** Rounds to what is meaningful; also hides the last bits that depend on the size of a batch. */
export function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
