/** Levels that differ by no more than this are the same, dB. */
const SAME_DB = 0.5;
/** A stretch that is copied has at least so many voiced steps, which differ by this much among themselves, dB. */
const LEAST_STEPS = 20;
const LEAST_RANGE_DB = 6;

/**
 * Finds where two channels hold the same sound for two seconds or more, such as an announcement that is recorded in both, or
 * a part that was recorded in mono. Two people never sound equally loud for that long.
 *
 * @param voiced - 1 per voiced step of the second channel.
 * @returns 1 per step that is the same. Null: no stretch is.
 */
export function findCopies(first: Float32Array, second: Float32Array, voiced: Uint8Array): Uint8Array | null {
  let copied: Uint8Array | null = null;
  let [from, to, count, lowest, highest] = [0, 0, 0, 0, 0];
  for (let step = 0; step <= voiced.length; step++) {
    if (voiced[step] === 0) continue;
    const db = second[step] ?? 0;
    if (step < voiced.length && Math.abs(first[step]! - db) <= SAME_DB) {
      if (count === 0) [from, lowest, highest] = [step, db, db];
      count += 1;
      to = step + 1;
      lowest = Math.min(lowest, db);
      highest = Math.max(highest, db);
      continue;
    }
    if (count >= LEAST_STEPS && highest - lowest >= LEAST_RANGE_DB) {
      copied ??= new Uint8Array(voiced.length);
      copied.fill(1, from, to);
    }
    count = 0;
  }
  return copied;
}
