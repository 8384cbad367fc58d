/**
 * Finds the name that was most likely meant.
 *
 * @param names - the existing names.
 * @returns null when every name differs too much. Accepted: one slip in up to five characters, otherwise a third of the
 * length, at most three.
 */
export function nearestName(written: string, names: Iterable<string>): string | null {
  const most = Math.min(3, Math.max(1, Math.floor(written.length / 3)));
  let nearest: string | null = null;
  let least = most + 1;
  for (const name of names) {
    if (Math.abs(name.length - written.length) >= least) continue;
    const slips = slipsBetween(written, name);
    if (slips < least) [nearest, least] = [name, slips];
  }
  return nearest;
}

/** How many characters were added, left out, changed or swapped with their neighbour (optimal string alignment). */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let slips = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        slips = Math.min(slips, beforeLast[j - 2]! + 1);
      row.push(slips);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
