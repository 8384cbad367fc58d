import type { EmotionLabel } from '../../../client-sdk/protocol/index.ts';
import { isScored, lengthMs } from '../../report/measures/measured-utterance.ts';
import { isUnclear } from '../state/certainty.ts';
import { emotionShares, meanSentiment } from '../state/lanes.ts';
import type { ReportUtterance } from './report-data.ts';

/** A stretch of one participant's lane: an utterance, or some minutes of the call. */
export interface LaneColumn {
  readonly startMs: number;
  readonly endMs: number;
  /** Share of the stretch in which the participant speaks, 0…1. */
  readonly spoken: number;
  /** Mean sentiment weighted by spoken time, −3…3. Null: nothing was scored. */
  readonly sentiment: number | null;
  /** The clear emotion with the most spoken time. Null: nothing was scored, or unclear answers take more than half. */
  readonly label: EmotionLabel | null;
  /** Whether dissatisfaction is likely in at least half of the time for which it was judged. */
  readonly isDissatisfied: boolean;
  readonly utterances: readonly ReportUtterance[];
}

/** Widths of the stretches that a long call is summed up in, in ms. */
const STRETCHES_MS = [60_000, 300_000, 900_000, 3_600_000];
/** Narrowest column, in px. */
const MIN_COLUMN_PX = 6;
/** Length of a usual utterance, in ms. Utterances are shown singly where this length has {@link MIN_COLUMN_PX}. */
const UTTERANCE_MS = 4000;

/** What a column of a lane shows: single utterances, or stretches of this many ms. */
export type Grain = 'utterance' | number;

/** The finest grain that stays readable where `spanMs` are drawn in `widthPx`. */
export function laneGrain(spanMs: number, widthPx: number): Grain {
  const msPerPx = spanMs / Math.max(1, widthPx);
  if (UTTERANCE_MS / msPerPx >= MIN_COLUMN_PX) return 'utterance';
  const last = STRETCHES_MS.at(-1) ?? 0;
  return STRETCHES_MS.find((stretchMs) => stretchMs / msPerPx >= MIN_COLUMN_PX) ?? last;
}

/** The columns of one participant's lane, in order. Stretches in which the participant says nothing are left out. */
export function laneColumns(utterances: readonly ReportUtterance[], grain: Grain): LaneColumn[] {
  if (grain === 'utterance') {
    return utterances.map((utterance) => toColumn([utterance], utterance.startMs, utterance.endMs));
  }
  return [...Map.groupBy(utterances, ({ startMs }) => Math.floor(startMs / grain))].map(([at, own]) =>
    toColumn(own, at * grain, (at + 1) * grain),
  );
}

/** Sentiment up to which lanes reach, so that quiet calls can be read, too: 1, 2 or 3. */
export function sentimentReach(columns: readonly LaneColumn[]): number {
  const strongest = columns.reduce((most, { sentiment }) => Math.max(most, Math.abs(sentiment ?? 0)), 0);
  return Math.min(3, Math.max(1, Math.ceil(strongest)));
}

function toColumn(utterances: readonly ReportUtterance[], startMs: number, endMs: number): LaneColumn {
  const scored = utterances.filter(isScored);
  const { clear, unclear } = emotionShares(scored);
  const spokenMs = utterances.reduce((sum, utterance) => sum + lengthMs(utterance), 0);
  const [judgedMs, dissatisfiedMs] = [false, true].map((isLikely) =>
    scored
      .filter(
        ({ score: { dissatisfaction } }) => dissatisfaction !== undefined && (!isLikely || dissatisfaction.likely),
      )
      .reduce((sum, utterance) => sum + lengthMs(utterance), 0),
  ) as [number, number];
  return {
    startMs,
    endMs,
    spoken: Math.min(1, spokenMs / Math.max(1, endMs - startMs)),
    sentiment: meanSentiment(scored),
    label: scored.every(({ score }) => isUnclear(score.emotion)) || unclear > 0.5 ? null : (clear[0]?.label ?? null),
    isDissatisfied: judgedMs > 0 && 2 * dissatisfiedMs >= judgedMs,
    utterances,
  };
}
