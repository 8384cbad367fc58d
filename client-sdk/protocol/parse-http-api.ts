import type { SessionList, SessionNotice, SessionSummary } from './http-api.ts';
import {
  nullable,
  optional,
  readArray,
  readBoolean,
  readChoice,
  readEpoch,
  readId,
  readMediaTimeMs,
  readText,
  readUtcTime,
  toObject,
} from './json-object.ts';
import { parseParticipant, readCount, readTitle, SESSION_END_REASONS } from './parse-emotion-event.ts';

/**
 * Checks the body of `GET /v1/sessions`.
 *
 * @throws {@link ProtocolError}
 */
export function parseSessionList(value: unknown): SessionList {
  return { sessions: readArray(toObject(value), 'sessions', (item, path) => parseSessionSummary(item, path)) };
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
