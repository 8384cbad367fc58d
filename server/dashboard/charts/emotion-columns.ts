import { type DissatisfactionScore, EMOTION_LABELS, type EmotionLabel } from '../../../client-sdk/protocol/index.ts';
import { isUnclear } from '../state/certainty.ts';
import { type ScoredUtterance, spokenMs } from '../state/session-view.ts';
import { type TimeScale, timeToX } from './time-scale.ts';

/**
 * A stretch of the chart with one stack of probabilities. It shows one utterance, or the mean of several that are too
 * narrow to show separately.
 */
export interface EmotionColumn {
  readonly x0: number;
  readonly x1: number;
  /** Start of the first utterance and end of the last one, in ms of media time. */
  readonly startMs: number;
  readonly endMs: number;
  /** Means weighted by spoken time. The seven sum to 1. */
  readonly probabilities: Readonly<Record<EmotionLabel, number>>;
  /** The strongest emotion of the clear utterances, or of all utterances when the column is unclear. */
  readonly label: EmotionLabel;
  /** Whether unclear utterances take up more than half of the spoken time. */
  readonly isUnclear: boolean;
  /** Mean sentiment weighted by spoken time, −3…3. */
  readonly sentiment: number;
  /**
   * Mean over the utterances with a dissatisfaction score, weighted by spoken time. Likely when likely utterances take
   * up at least half of that time. Null when no utterance has a score.
   */
  readonly dissatisfaction: DissatisfactionScore | null;
  /** The utterances of the column, ordered by start. */
  readonly utterances: readonly ScoredUtterance[];
}

/** Narrowest column, in px. Narrower neighbours are averaged, so the chart's width limits the number of columns. */
export const MIN_COLUMN_PX = 6;

/**
 * Turns one participant's utterances (ordered by start) into columns from left to right. Utterances outside the scale
 * are left out, except the nearest one on either side: curves continue towards these.
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

/** The column at a pixel position, or the nearest one within `reachPx`. Null when there is none. */
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
  const startMs = group[0]?.startMs ?? 0;
  const endMs = group.reduce((latest, utterance) => Math.max(latest, utterance.endMs), startMs);
  const x0 = timeToX(scale, startMs);
  const x1 = Math.max(timeToX(scale, endMs), x0 + MIN_COLUMN_PX - 1);
  const probabilities = meanProbabilities(group);
  const clear = group.filter(({ score }) => !isUnclear(score.emotion));
  const isMostlyUnclear = 2 * totalMs(clear) < totalMs(group);
  const isMixed = clear.length < group.length && !isMostlyUnclear;
  return {
    x0,
    x1,
    startMs,
    endMs,
    probabilities,
    label: strongest(isMixed ? meanProbabilities(clear) : probabilities),
    isUnclear: isMostlyUnclear,
    sentiment: mean(group, ({ score }) => score.sentiment.score),
    dissatisfaction: meanDissatisfaction(group),
    utterances: group,
  };
}

function totalMs(utterances: readonly ScoredUtterance[]): number {
  return utterances.reduce((sum, utterance) => sum + spokenMs(utterance), 0);
}

/** Mean weighted by spoken time. */
function mean(utterances: readonly ScoredUtterance[], read: (utterance: ScoredUtterance) => number): number {
  return utterances.reduce((sum, utterance) => sum + spokenMs(utterance) * read(utterance), 0) / totalMs(utterances);
}

function meanProbabilities(utterances: readonly ScoredUtterance[]): Record<EmotionLabel, number> {
  const of = (label: EmotionLabel) => mean(utterances, ({ score }) => score.emotion.probabilities[label]);
  return {
    anger: of('anger'),
    disgust: of('disgust'),
    fear: of('fear'),
    joy: of('joy'),
    neutral: of('neutral'),
    sadness: of('sadness'),
    surprise: of('surprise'),
  };
}

function strongest(probabilities: Readonly<Record<EmotionLabel, number>>): EmotionLabel {
  return EMOTION_LABELS.reduce(
    (best, label) => (probabilities[label] > probabilities[best] ? label : best),
    'neutral' as EmotionLabel,
  );
}

function meanDissatisfaction(group: readonly ScoredUtterance[]): DissatisfactionScore | null {
  const judged = group.filter(({ score }) => score.dissatisfaction !== undefined);
  if (judged.length === 0) return null;
  return {
    probability: mean(judged, ({ score }) => score.dissatisfaction?.probability ?? 0),
    likely: mean(judged, ({ score }) => (score.dissatisfaction?.likely === true ? 1 : 0)) >= 0.5,
  };
}
