import type { EmotionLabel, Participant } from '../../../client-sdk/protocol/index.ts';
import { EMOTION_LABELS } from '../../../client-sdk/protocol/index.ts';
import { isOpen, isScored, type ScoredUtterance, type SessionView, type UtteranceView } from './session-view.ts';

/** One participant's part of a session. */
export interface Lane {
  readonly participant: Participant;
  /** By start. */
  readonly utterances: readonly UtteranceView[];
  readonly scored: readonly ScoredUtterance[];
  readonly latest: ScoredUtterance | null;
  /** Start of the utterance being spoken or scored now, ms of media time; null when silent. */
  readonly speakingSinceMs: number | null;
}

/** Parts a session into one lane a participant, in order of first appearance. */
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

/** Share of spoken time by most probable emotion, greatest first; emotions never heard are left out. */
export function emotionShares(utterances: readonly ScoredUtterance[]): { label: EmotionLabel; share: number }[] {
  const spokenMs = new Map<EmotionLabel, number>();
  let totalMs = 0;
  for (const { startMs, endMs, score } of utterances) {
    const lengthMs = Math.max(1, endMs - startMs);
    totalMs += lengthMs;
    spokenMs.set(score.emotion.label, (spokenMs.get(score.emotion.label) ?? 0) + lengthMs);
  }
  return EMOTION_LABELS.flatMap((label) => {
    const lengthMs = spokenMs.get(label);
    return lengthMs === undefined ? [] : [{ label, share: lengthMs / totalMs }];
  }).sort((a, b) => b.share - a.share);
}

/** Mean sentiment weighted by spoken time, −3…3; null when nothing was scored. */
export function meanSentiment(utterances: readonly ScoredUtterance[]): number | null {
  let sum = 0;
  let totalMs = 0;
  for (const { startMs, endMs, score } of utterances) {
    const lengthMs = Math.max(1, endMs - startMs);
    totalMs += lengthMs;
    sum += lengthMs * score.sentiment.score;
  }
  return totalMs === 0 ? null : sum / totalMs;
}
