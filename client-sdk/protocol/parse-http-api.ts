import { EMOTION_LABELS, PARTICIPANT_ROLES } from './emotion-event.ts';
import type {
  ParticipantState,
  SessionList,
  SessionNotice,
  SessionSummary,
  UtteranceRow,
  UtteranceState,
} from './http-api.ts';
import {
  type JsonObject,
  nullable,
  optional,
  readArray,
  readBoolean,
  readChoice,
  readEpoch,
  readId,
  readMediaTimeMs,
  readNumber,
  readObject,
  readPosition,
  readText,
  readUtcTime,
  toObject,
} from './json-object.ts';
import {
  parseAnswer,
  parseDissatisfaction,
  parseParticipant,
  readCount,
  readShare,
  readSomeText,
  readTitle,
  SESSION_END_REASONS,
} from './parse-emotion-event.ts';
import { ProtocolError } from './protocol-error.ts';

/**
 * Checks the body of `GET /v1/sessions`.
 *
 * @throws {@link ProtocolError}
 */
export function parseSessionList(value: unknown): SessionList {
  const list = toObject(value);
  return {
    sessions: readArray(list, 'sessions', (item, path) => parseSessionSummary(item, path)),
    ...optional(list, 'next', (object, key) => nullable(object, key, readSomeText)),
    ...optional(list, 'position', readPosition),
  };
}

/**
 * Checks the body of `GET /v1/sessions/:id`.
 *
 * @param path - where in a larger body the summary lies, for error messages.
 * @throws {@link ProtocolError}
 */
export function parseSessionSummary(value: unknown, path = ''): SessionSummary {
  const summary = toObject(value, path);
  return {
    sessionId: readId(summary, 'sessionId'),
    title: nullable(summary, 'title', readTitle),
    state: readChoice(summary, 'state', ['live', 'ended']),
    startedAt: readUtcTime(summary, 'startedAt'),
    endedAt: nullable(summary, 'endedAt', readUtcTime),
    endReason: nullable(summary, 'endReason', (object, key) => readChoice(object, key, SESSION_END_REASONS)),
    participants: readArray(summary, 'participants', (item, itemPath) => parseParticipant(toObject(item, itemPath))),
    utteranceCount: readCount(summary, 'utteranceCount'),
    ...readEpoch(summary),
    lastSequence: readCount(summary, 'lastSequence'),
    mediaTimeMs: readMediaTimeMs(summary, 'mediaTimeMs'),
    ...optional(summary, 'interrupted', readBoolean),
    ...optional(summary, 'notices', (object, key) => readArray(object, key, parseNotice)),
    ...optional(summary, 'states', (object, key) => readArray(object, key, parseParticipantState)),
    ...optional(summary, 'match', (object, key) => parseUtteranceRow(readObject(object, key))),
  };
}

function parseUtteranceRow(row: JsonObject): UtteranceRow {
  return {
    sessionId: readId(row, 'sessionId'),
    epoch: readSomeText(row, 'epoch'),
    utteranceId: readSomeText(row, 'utteranceId'),
    participant: readId(row, 'participant'),
    role: readChoice(row, 'role', PARTICIPANT_ROLES),
    startMs: readMediaTimeMs(row, 'startMs'),
    endMs: readMediaTimeMs(row, 'endMs'),
    revision: readCount(row, 'revision'),
    sequence: readCount(row, 'sequence'),
    label: nullable(row, 'label', (object, key) => readChoice(object, key, EMOTION_LABELS)),
    confidence: nullable(row, 'confidence', readShare),
    certain: nullable(row, 'certain', readBoolean),
    sentiment: nullable(row, 'sentiment', (object, key) => readNumber(object, key, -3, 3)),
    dissatisfaction: nullable(row, 'dissatisfaction', readShare),
    dissatisfied: nullable(row, 'dissatisfied', readBoolean),
    failure: nullable(row, 'failure', readSomeText),
    text: nullable(row, 'text', readSomeText),
  };
}

function parseParticipantState(value: unknown, path: string): ParticipantState {
  const state = toObject(value, path);
  return {
    participantId: readId(state, 'participantId'),
    speakingSinceMs: nullable(state, 'speakingSinceMs', readMediaTimeMs),
    latest: nullable(state, 'latest', (object, key) => parseUtteranceState(readObject(object, key))),
    sentiments: readArray(state, 'sentiments', readScore),
  };
}

function readScore(value: unknown, path: string): number {
  if (typeof value !== 'number' || !(Math.abs(value) <= 3))
    throw ProtocolError.invalidField(path, 'a number from -3 to 3');
  return value;
}

function parseUtteranceState(state: JsonObject): UtteranceState {
  return {
    utteranceId: readText(state, 'utteranceId', 1),
    revision: readCount(state, 'revision'),
    startMs: readMediaTimeMs(state, 'startMs'),
    endMs: readMediaTimeMs(state, 'endMs'),
    emotion: parseAnswer(readObject(state, 'emotion')),
    sentiment: { score: readNumber(readObject(state, 'sentiment'), 'score', -3, 3) },
    ...optional(state, 'dissatisfaction', parseDissatisfaction),
  };
}

function parseNotice(value: unknown, path: string): SessionNotice {
  const notice = toObject(value, path);
  return {
    code: readText(notice, 'code', 1),
    ...optional(notice, 'participantId', readId),
    message: readText(notice, 'message'),
  };
}
