import {
  EMOTION_LABELS,
  PARTICIPANT_ROLES,
  type SessionEndReason,
  type SessionNotice,
  type UtteranceRow,
} from '../../../client-sdk/protocol/index.ts';
import type { HeldParticipant } from '../../sessions/participants.ts';
import type { RunRecord, RunState } from '../history-store.ts';
import { CONFIDENCE_UNITS, SENTIMENT_UNITS } from './units.ts';

/** A row of the table `run`. */
export interface RunRow {
  readonly key: number;
  readonly session_id: string;
  readonly epoch: string;
  readonly state: RunState;
  readonly title: string | null;
  readonly traceparent: string;
  readonly opener: string;
  readonly started_at_ms: number;
  readonly ended_at_ms: number | null;
  readonly end_reason: SessionEndReason | null;
  readonly participants: string;
  readonly notices: string;
  readonly utterance_count: number;
  readonly last_sequence: number;
  readonly media_time_ms: number;
  readonly is_complete: number;
}

export function toRun(row: RunRow): RunRecord {
  return {
    sessionId: row.session_id,
    epoch: row.epoch,
    state: row.state,
    title: row.title,
    traceparent: row.traceparent,
    opener: row.opener,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
    endReason: row.end_reason,
    participants: JSON.parse(row.participants) as HeldParticipant[],
    notices: JSON.parse(row.notices) as SessionNotice[],
    utteranceCount: row.utterance_count,
    lastSequence: row.last_sequence,
    mediaTimeMs: row.media_time_ms,
    isComplete: row.is_complete === 1,
  };
}

/** A row of the table `utterance`, with its run and words. */
export interface UtteranceColumns {
  readonly id: number;
  readonly session_id: string;
  readonly epoch: string;
  readonly utterance_id: string;
  readonly participant: string;
  readonly role: number;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly revision: number;
  readonly sequence: number;
  readonly label: number | null;
  readonly confidence: number | null;
  readonly certain: number | null;
  readonly sentiment: number | null;
  readonly dissatisfaction: number | null;
  readonly dissatisfied: number | null;
  readonly failure: string | null;
  readonly text: string | null;
}

/** Selects what {@link toUtterance} reads. */
export const UTTERANCE_COLUMNS = `
  utterance.*, run.session_id, run.epoch,
  (SELECT text FROM words WHERE words.run = run.key AND words.sequence = utterance.sequence) AS text`;

export function toUtterance(row: UtteranceColumns): UtteranceRow {
  const yes = (flag: number | null) => (flag === null ? null : flag === 1);
  const parts = (count: number | null, units: number) => (count === null ? null : count / units);
  return {
    sessionId: row.session_id,
    epoch: row.epoch,
    utteranceId: row.utterance_id,
    participant: row.participant,
    role: PARTICIPANT_ROLES[row.role] ?? 'unknown',
    startMs: row.start_ms,
    endMs: row.end_ms,
    revision: row.revision,
    sequence: row.sequence,
    label: row.label === null ? null : (EMOTION_LABELS[row.label] ?? null),
    confidence: parts(row.confidence, CONFIDENCE_UNITS),
    certain: yes(row.certain),
    sentiment: parts(row.sentiment, SENTIMENT_UNITS),
    dissatisfaction: parts(row.dissatisfaction, CONFIDENCE_UNITS),
    dissatisfied: yes(row.dissatisfied),
    failure: row.failure,
    text: row.text,
  };
}
