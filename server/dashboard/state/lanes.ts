import type { EmotionLabel, Participant, UtteranceEmotion } from '../../../client-sdk/protocol/index.ts';
import { EMOTION_LABELS } from '../../../client-sdk/protocol/index.ts';
import { isUnclear } from './certainty.ts';
import {
  isOpen,
  isScored,
  type ScoredUtterance,
  type SessionView,
  spokenMs,
  type UtteranceView,
} from './session-view.ts';

/** One participant's part of a session. */
export interface Lane {
  readonly participant: Participant;
  /** Ordered by start. */
  readonly utterances: readonly UtteranceView[];
  readonly scored: readonly ScoredUtterance[];
  readonly latest: ScoredUtterance | null;
  /**
   * Start of the utterance that is being spoken or scored, in ms of media time. Null when the participant is silent.
   */
  readonly speakingSinceMs: number | null;
}

/** Splits a session into one lane per participant, in order of first appearance. */
export function sessionLanes(view: SessionView, listed: readonly Participant[] = []): Lane[] {
  const lanes = new Map<string, { participant: Participant; utterances: UtteranceView[]; scored: ScoredUtterance[] }>();
  for (const participant of [...view.participants, ...listed]) {
    if (!lanes.has(participant.id)) lanes.set(participant.id, { participant, utterances: [], scored: [] });
  }
  for (const utterance of view.utterances) {
    const lane = lanes.get(utterance.participant.id);
    lane?.utterances.push(utterance);
    if (isScored(utterance)) lane?.scored.push(utterance);
  }
  return [...lanes.values()].map((lane) => {
    const newest = lane.utterances.at(-1);
    const isSpeaking = view.status === 'live' && newest !== undefined && isOpen(newest);
    return {
      ...lane,
      latest: lane.scored.at(-1) ?? null,
      speakingSinceMs: isSpeaking ? newest.startMs : null,
    };
  });
}

/** What the sums over utterances read. */
type Scored = Pick<ScoredUtterance, 'startMs' | 'endMs'> & {
  readonly score: Pick<UtteranceEmotion, 'emotion' | 'sentiment'>;
};

/** A participant's emotions as shares of spoken time. `clear` and `unclear` sum to 1. */
export interface EmotionShares {
  /** Greatest share first. Emotions without a clear utterance are left out. */
  readonly clear: readonly { readonly label: EmotionLabel; readonly share: number }[];
  /** Share of the unclear utterances. They count for no emotion. */
  readonly unclear: number;
  /** Number of unclear utterances. */
  readonly unclearCount: number;
}

/** Shares of spoken time per emotion. All are 0 when nothing was scored. */
export function emotionShares(utterances: readonly Scored[]): EmotionShares {
  const msOf = new Map<EmotionLabel, number>();
  let [totalMs, unclearMs, unclearCount] = [0, 0, 0];
  for (const utterance of utterances) {
    const { emotion } = utterance.score;
    const lengthMs = spokenMs(utterance);
    totalMs += lengthMs;
    if (isUnclear(emotion)) {
      unclearMs += lengthMs;
      unclearCount++;
    } else {
      msOf.set(emotion.label, (msOf.get(emotion.label) ?? 0) + lengthMs);
    }
  }
  const clear = EMOTION_LABELS.flatMap((label) => {
    const lengthMs = msOf.get(label);
    return lengthMs === undefined ? [] : [{ label, share: lengthMs / totalMs }];
  }).sort((a, b) => b.share - a.share);
  return { clear, unclear: totalMs === 0 ? 0 : unclearMs / totalMs, unclearCount };
}

/** Mean sentiment weighted by spoken time, −3…3. Null when nothing was scored. */
export function meanSentiment(utterances: readonly Scored[]): number | null {
  let sum = 0;
  let totalMs = 0;
  for (const utterance of utterances) {
    const lengthMs = spokenMs(utterance);
    totalMs += lengthMs;
    sum += lengthMs * utterance.score.sentiment.score;
  }
  return totalMs === 0 ? null : sum / totalMs;
}
