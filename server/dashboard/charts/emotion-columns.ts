import type { EmotionLabel } from '../../../client-sdk/protocol/index.ts';
import type { ScoredUtterance } from '../state/session-view.ts';
import { type TimeScale, timeToX } from './time-scale.ts';

/** A stretch of the picture with one stack of probabilities: an utterance, or several that share too few pixels. */
export interface EmotionColumn {
  readonly x0: number;
  readonly x1: number;
  /** Media time of its first and last utterance, ms. */
  readonly startMs: number;
  readonly endMs: number;
  /** Means weighted by spoken time; the seven sum to 1. */
  readonly probabilities: Readonly<Record<EmotionLabel, number>>;
  /** Mean sentiment weighted by spoken time, −3…3. */
  readonly sentiment: number;
  /** The utterances in it, by start. */
  readonly utterances: readonly ScoredUtterance[];
}

/** Narrowest column, px: below it neighbours are averaged, which bounds the picture by its width. */
export const MIN_COLUMN_PX = 6;

/**
 * Turns one participant's utterances (by start) into columns from left to right. Utterances outside the scale are
 * left out, save the nearest on either side, which curves that leave the picture are drawn towards.
 */
export function emotionColumns(utterances: readonly ScoredUtterance[], scale: TimeScale): EmotionColumn[] {
  const columns: EmotionColumn[] = [];
  let group: ScoredUtterance[] = [];
  for (const utterance of visibleUtterances(utterances, scale)) {
    const first = group[0];
    if (first !== undefined && timeToX(scale, utterance.startMs) - timeToX(scale, first.startMs) >= MIN_COLUMN_PX) {
      columns.push(toColumn(group, scale));
      group = [];
    }
    group.push(utterance);
  }
  if (group.length > 0) columns.push(toColumn(group, scale));
  return columns;
}

/** The column under a pixel position, or the nearest within `reachPx`; null when there is none. */
export function columnAt(columns: readonly EmotionColumn[], x: number, reachPx: number): EmotionColumn | null {
  let best: EmotionColumn | null = null;
  let bestDistance = reachPx;
  for (const column of columns) {
    const distance = Math.max(column.x0 - x, x - column.x1, 0);
    if (distance <= bestDistance) {
      if (distance === 0) return column;
      best = column;
      bestDistance = distance;
    }
  }
  return best;
}

function visibleUtterances(utterances: readonly ScoredUtterance[], scale: TimeScale): readonly ScoredUtterance[] {
  let first = utterances.findIndex((utterance) => utterance.endMs > scale.startMs);
  if (first < 0) first = utterances.length;
  const last = utterances.findLastIndex((utterance) => utterance.startMs < scale.endMs);
  return utterances.slice(Math.max(0, first - 1), last + 2);
}

function toColumn(group: readonly ScoredUtterance[], scale: TimeScale): EmotionColumn {
  const probabilities = { anger: 0, disgust: 0, fear: 0, joy: 0, neutral: 0, sadness: 0, surprise: 0 };
  const startMs = group[0]?.startMs ?? 0;
  let endMs = startMs;
  let sentiment = 0;
  let total = 0;
  for (const { startMs: from, endMs: to, score } of group) {
    const weight = Math.max(1, to - from);
    total += weight;
    endMs = Math.max(endMs, to);
    sentiment += weight * score.sentiment.score;
    addProbabilities(probabilities, score.emotion.probabilities, weight);
  }
  addProbabilities(probabilities, probabilities, 1 / total - 1);
  const x0 = timeToX(scale, startMs);
  const x1 = Math.max(timeToX(scale, endMs), x0 + MIN_COLUMN_PX - 1);
  return { x0, x1, startMs, endMs, probabilities, sentiment: sentiment / total, utterances: group };
}

function addProbabilities(
  sum: Record<EmotionLabel, number>,
  added: Readonly<Record<EmotionLabel, number>>,
  weight: number,
): void {
  sum.anger += weight * added.anger;
  sum.disgust += weight * added.disgust;
  sum.fear += weight * added.fear;
  sum.joy += weight * added.joy;
  sum.neutral += weight * added.neutral;
  sum.sadness += weight * added.sadness;
  sum.surprise += weight * added.surprise;
}
