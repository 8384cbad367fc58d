/** A stretch of media time, in ms. */
export interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
}

/** The stretches without their overlaps, in order: what touches or overlaps becomes one. Empty ones are left out. */
export function joinStretches(stretches: readonly Stretch[]): Stretch[] {
  const joined: { startMs: number; endMs: number }[] = [];
  const ordered = stretches.filter(({ startMs, endMs }) => endMs > startMs).sort((a, b) => a.startMs - b.startMs);
  for (const { startMs, endMs } of ordered) {
    const last = joined.at(-1);
    if (last !== undefined && startMs <= last.endMs) last.endMs = Math.max(last.endMs, endMs);
    else joined.push({ startMs, endMs });
  }
  return joined;
}

/** Sum of the lengths, in ms. */
export function totalMs(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
}
