import { nearestRank } from './statistics.ts';

/** One line of the report. */
export interface Figure {
  readonly name: string;
  readonly measured: string;
  /** What is promised; null where nothing is. */
  readonly target: string | null;
  /** Whether the promise was kept; null where there is none. */
  readonly isMet: boolean | null;
}

/** Median and 95th percentile of latencies in ms, promised to be at most `targetMs` in 95 of 100. */
export function latencyFigure(name: string, latenciesMs: readonly number[], targetMs: number | null = null): Figure {
  const [p50, p95] = [nearestRank(latenciesMs, 0.5), nearestRank(latenciesMs, 0.95)];
  const measured = `${p50.toFixed(0)} / ${p95.toFixed(0)} ms (${latenciesMs.length})`;
  if (targetMs === null) return { name, measured, target: null, isMet: null };
  return { name, measured, target: `p95 ≤ ${targetMs} ms`, isMet: p95 <= targetMs };
}

/** One value, with or without a promise. */
export function valueFigure(
  name: string,
  value: number,
  format: (value: number) => string,
  target: { readonly atMost: number } | { readonly atLeast: number } | null = null,
): Figure {
  const measured = format(value);
  if (target === null) return { name, measured, target: null, isMet: null };
  return 'atMost' in target
    ? { name, measured, target: `≤ ${format(target.atMost)}`, isMet: value <= target.atMost }
    : { name, measured, target: `≥ ${format(target.atLeast)}`, isMet: value >= target.atLeast };
}
