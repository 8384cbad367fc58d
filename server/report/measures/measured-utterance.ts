import type {
  DissatisfactionScore,
  EmotionScore,
  Participant,
  SentimentScore,
} from '../../../client-sdk/protocol/index.ts';

/** What the measures read of an utterance's score. */
export interface MeasuredScore {
  readonly emotion: EmotionScore;
  readonly sentiment: SentimentScore;
  readonly dissatisfaction?: DissatisfactionScore;
}

/** A finished utterance, as the measures of a conversation need it. */
export interface MeasuredUtterance {
  readonly id: string;
  readonly participant: Participant;
  /** Half-open range `[startMs, endMs)` in media time. */
  readonly startMs: number;
  readonly endMs: number;
  /** The words. Null: there are none. */
  readonly text: string | null;
  /** Null: it was not scored, or its score is not to be shown. */
  readonly score: MeasuredScore | null;
}

/** An utterance that has a score. */
export type ScoredUtterance<T extends MeasuredUtterance = MeasuredUtterance> = T & {
  readonly score: NonNullable<T['score']>;
};

/** Whether the utterance has a score. */
export function isScored<T extends MeasuredUtterance>(utterance: T): utterance is ScoredUtterance<T> {
  return utterance.score !== null;
}

/** Length of an utterance in ms. At least 1, so that it counts in a mean. */
export function lengthMs({ startMs, endMs }: Pick<MeasuredUtterance, 'startMs' | 'endMs'>): number {
  return Math.max(1, endMs - startMs);
}
