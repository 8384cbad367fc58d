import {
  type JsonObject,
  optional,
  readBoolean,
  readChoice,
  readEpoch,
  readId,
  readInteger,
  readMediaTimeMs,
  readNumber,
  readObject,
  readText,
  readTraceparent,
  readType,
  toObject,
} from './json-object.ts';
import { MAX_TRACK } from './limits.ts';
import { EVENT_TYPES, parseEmotionEvent } from './parse-emotion-event.ts';
import { ProtocolError } from './protocol-error.ts';
import {
  DROP_REASONS,
  type EventsDropped,
  type PublisherReply,
  type ServerError,
  type SessionReady,
  type SubscriberReply,
} from './server-message.ts';

/**
 * Checks one message that the server sent to a publisher, after {@link parseJson}.
 *
 * @throws {@link ProtocolError}
 */
export function parsePublisherReply(value: unknown): PublisherReply {
  const message = toObject(value);
  switch (readType(message, ['session.ready', 'track.ready', 'error'])) {
    case 'session.ready':
      return parseSessionReady(message);
    case 'track.ready':
      return { type: 'track.ready', track: readInteger(message, 'track', 0, MAX_TRACK) };
    case 'error':
      return parseServerError(message);
  }
}

/**
 * Checks one message that the server sent to a subscriber, after {@link parseJson}.
 *
 * @throws {@link ProtocolError}
 */
export function parseSubscriberReply(value: unknown): SubscriberReply {
  const message = toObject(value);
  switch (readType(message, ['events.dropped', 'error', ...EVENT_TYPES])) {
    case 'events.dropped':
      return parseEventsDropped(message);
    case 'error':
      return parseServerError(message);
    default:
      return parseEmotionEvent(value);
  }
}

function parseSessionReady(message: JsonObject): SessionReady {
  const limits = readObject(message, 'limits');
  return {
    type: 'session.ready',
    sessionId: readId(message, 'sessionId'),
    ...readEpoch(message),
    traceparent: readTraceparent(message, 'traceparent'),
    ...optional(message, 'mediaTimeMs', readMediaTimeMs),
    limits: {
      maxPacketBytes: readLimit(limits, 'maxPacketBytes'),
      maxMessageBytes: readLimit(limits, 'maxMessageBytes'),
      maxTracks: readLimit(limits, 'maxTracks'),
      jitterMs: readNumber(limits, 'jitterMs', 0, Number.MAX_VALUE),
    },
  };
}

function parseServerError(message: JsonObject): ServerError {
  return {
    type: 'error',
    code: readText(message, 'code', 1),
    message: readText(message, 'message'),
    fatal: readBoolean(message, 'fatal'),
  };
}

function parseEventsDropped(message: JsonObject): EventsDropped {
  const fromSequence = readInteger(message, 'fromSequence', 1, Number.MAX_SAFE_INTEGER);
  const toSequence = readInteger(message, 'toSequence', 1, Number.MAX_SAFE_INTEGER);
  if (toSequence < fromSequence) throw ProtocolError.invalidField('toSequence', 'at least fromSequence');
  return {
    type: 'events.dropped',
    ...optional(message, 'reason', (object, key) => readChoice(object, key, DROP_REASONS)),
    ...readEpoch(message),
    fromSequence,
    toSequence,
  };
}

function readLimit(limits: JsonObject, key: string): number {
  return readInteger(limits, key, 1, Number.MAX_SAFE_INTEGER);
}
