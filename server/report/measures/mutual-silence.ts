import type { MeasuredUtterance } from './measured-utterance.ts';
import { joinStretches, type Stretch, totalMs } from './stretches.ts';

/** Shortest silence that counts as a long one, in ms. */
export const LONG_SILENCE_MS = 5000;

export interface MutualSilence {
  readonly totalMs: number;
  /** Share of the call, 0…1. */
  readonly share: number;
  /** Null: somebody speaks all the time. */
  readonly longest: Stretch | null;
  /** The silences of at least {@link LONG_SILENCE_MS}, in order. */
  readonly long: readonly Stretch[];
}

/** Mutual silence: the time of the call in which no participant speaks. */
export function mutualSilence(utterances: readonly MeasuredUtterance[], durationMs: number): MutualSilence {
  const silences: Stretch[] = [];
  let atMs = 0;
  for (const { startMs, endMs } of joinStretches(utterances)) {
    const untilMs = Math.min(startMs, durationMs);
    if (untilMs > atMs) silences.push({ startMs: atMs, endMs: untilMs });
    atMs = Math.max(atMs, endMs);
  }
  if (durationMs > atMs) silences.push({ startMs: atMs, endMs: durationMs });
  const silentMs = totalMs(silences);
  const length = ({ startMs, endMs }: Stretch): number => endMs - startMs;
  return {
    totalMs: silentMs,
    share: durationMs > 0 ? silentMs / durationMs : 0,
    longest: silences.reduce<Stretch | null>(
      (best, each) => (best && length(best) >= length(each) ? best : each),
      null,
    ),
    long: silences.filter((each) => length(each) >= LONG_SILENCE_MS),
  };
}
