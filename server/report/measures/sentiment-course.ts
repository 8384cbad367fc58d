import { EMOTION_LABELS, type EmotionLabel } from '../../../client-sdk/protocol/index.ts';
import { isScored, lengthMs, type MeasuredUtterance, type ScoredUtterance } from './measured-utterance.ts';

/** Smallest change of the sentiment that counts as one, on the scale −3…3. */
export const NOTABLE_CHANGE = 0.5;
const SHARE = 1 / 5;
const MOST_UTTERANCES = 10;

/** A part of one participant's call. */
export interface CoursePart {
  /** Mean sentiment weighted by spoken time, −3…3. */
  readonly sentiment: number;
  /** The emotion with the most spoken time among the clear utterances. Null: unclear ones take more than half. */
  readonly label: EmotionLabel | null;
  /** The utterances of the part, in order. */
  readonly utteranceIds: readonly string[];
}

export interface SentimentCourse {
  readonly beginning: CoursePart;
  readonly end: CoursePart;
  /** Sentiment of the end minus that of the beginning. */
  readonly change: number;
  /** `steady` if the change is smaller than {@link NOTABLE_CHANGE}. */
  readonly direction: 'better' | 'steady' | 'worse';
}

/**
 * Course: the first and the last fifth of a participant's scored utterances, at least two and at most ten each and never more
 * than half of them. Null with fewer than two.
 *
 * @param utterances - Of one participant, ordered by start.
 */
export function sentimentCourse(utterances: readonly MeasuredUtterance[]): SentimentCourse | null {
  const scored = utterances.filter(isScored);
  const half = Math.floor(scored.length / 2);
  if (half === 0) return null;
  const count = Math.min(half, MOST_UTTERANCES, Math.max(2, Math.round(scored.length * SHARE)));
  const beginning = toPart(scored.slice(0, count));
  const end = toPart(scored.slice(-count));
  const change = end.sentiment - beginning.sentiment;
  const direction = change >= NOTABLE_CHANGE ? 'better' : change <= -NOTABLE_CHANGE ? 'worse' : 'steady';
  return { beginning, end, change, direction };
}

function toPart(utterances: readonly ScoredUtterance[]): CoursePart {
  let [allMs, clearMs, sentiment] = [0, 0, 0];
  const msOf = new Map<EmotionLabel, number>();
  for (const utterance of utterances) {
    const { emotion } = utterance.score;
    const spokenMs = lengthMs(utterance);
    allMs += spokenMs;
    sentiment += spokenMs * utterance.score.sentiment.score;
    if (emotion.certain === false) continue;
    clearMs += spokenMs;
    msOf.set(emotion.label, (msOf.get(emotion.label) ?? 0) + spokenMs);
  }
  const [strongest = null] = EMOTION_LABELS.filter((label) => msOf.has(label)).sort(
    (a, b) => (msOf.get(b) ?? 0) - (msOf.get(a) ?? 0),
  );
  return {
    sentiment: sentiment / allMs,
    label: 2 * clearMs < allMs ? null : strongest,
    utteranceIds: utterances.map(({ id }) => id),
  };
}
