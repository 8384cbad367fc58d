import { isListenerSignal } from './listener-signal.ts';
import { isScored, type MeasuredUtterance, type ScoredUtterance } from './measured-utterance.ts';

/** Weakest sentiment that makes a moment, on the scale −3…3. */
export const MOMENT_SENTIMENT = 0.5;
/** Shortest time between two moments of one kind, in ms, so that one scene is named once. */
export const MOMENT_DISTANCE_MS = 10_000;

export interface CallMoments<T extends MeasuredUtterance> {
  /** Worst first. */
  readonly worst: readonly ScoredUtterance<T>[];
  /** Best first. */
  readonly best: readonly ScoredUtterance<T>[];
}

/**
 * Moments: the utterances with the lowest and the highest sentiment beyond ∓0.5, at least 10 seconds apart. Likely
 * dissatisfaction also makes a worst moment. Utterances with words come before those without.
 *
 * @param count - Most moments of each kind.
 */
export function callMoments<T extends MeasuredUtterance>(utterances: readonly T[], count: number): CallMoments<T> {
  const told = utterances.filter((utterance) => !isListenerSignal(utterance)).filter(isScored);
  const isBad = ({ score }: ScoredUtterance<T>): boolean =>
    score.sentiment.score <= -MOMENT_SENTIMENT ||
    (score.dissatisfaction?.likely === true && score.sentiment.score <= 0);
  return {
    worst: pick(told.filter(isBad), count, ({ score }) => score.sentiment.score),
    best: pick(
      told.filter(({ score }) => score.sentiment.score >= MOMENT_SENTIMENT),
      count,
      ({ score }) => -score.sentiment.score,
    ),
  };
}

function pick<T extends ScoredUtterance>(utterances: readonly T[], count: number, rank: (utterance: T) => number): T[] {
  const ranked = utterances.toSorted(
    (a, b) => Number(a.text === null) - Number(b.text === null) || rank(a) - rank(b) || a.startMs - b.startMs,
  );
  const picked: T[] = [];
  for (const utterance of ranked) {
    if (picked.length === count) break;
    if (picked.every(({ startMs }) => Math.abs(startMs - utterance.startMs) >= MOMENT_DISTANCE_MS)) {
      picked.push(utterance);
    }
  }
  return picked;
}
