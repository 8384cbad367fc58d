import {
  ALL_SESSIONS,
  type ParticipantInfo,
  type PublisherMessage,
  type SessionStart,
  type SubscriberMessage,
  TRANSCRIPT_SOURCES,
  type TrackAdd,
  type TrackMedia,
  type TranscriptMessage,
  type TranscriptResult,
  VIDEO_ENCODINGS,
} from './client-message.ts';
import { PARTICIPANT_ROLES } from './emotion-event.ts';
import {
  type JsonObject,
  optional,
  readArray,
  readBoolean,
  readChoice,
  readChoices,
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
import {
  MAX_DISPLAY_NAME_LENGTH,
  MAX_ID_LENGTH,
  MAX_MEDIA_TIME_MS,
  MAX_RESULT_TRACKS,
  MAX_SAMPLE_RATE_HZ,
  MAX_TITLE_LENGTH,
  MAX_TRACK,
  MAX_TRANSCRIPT_LENGTH,
  MIN_SAMPLE_RATE_HZ,
} from './limits.ts';
import { EVENT_TYPES } from './parse-emotion-event.ts';
import { ProtocolError } from './protocol-error.ts';
import { PROTOCOL_VERSION } from './version.ts';

const PUBLISHER_TYPES = [
  'session.start',
  'track.add',
  'transcript',
  'transcript.result',
  'track.end',
  'session.end',
] as const;
const MAX_LANGUAGE_LENGTH = 35;

/**
 * Checks one text message of a publisher, after {@link parseJson}. Fields that the protocol does not know are left out.
 *
 * @throws {@link ProtocolError}
 */
export function parsePublisherMessage(value: unknown): PublisherMessage {
  const message = toObject(value);
  switch (readType(message, PUBLISHER_TYPES)) {
    case 'session.start':
      return parseSessionStart(message);
    case 'track.add':
      return parseTrackAdd(message);
    case 'transcript':
      return parseTranscript(message);
    case 'transcript.result':
      return parseTranscriptResult(message);
    case 'track.end':
      return { type: 'track.end', track: readTrack(message) };
    case 'session.end':
      return { type: 'session.end' };
  }
}

/**
 * Checks the text message of a subscriber, after {@link parseJson}. Fields that the protocol does not know are left out.
 *
 * @throws {@link ProtocolError}
 */
export function parseSubscriberMessage(value: unknown): SubscriberMessage {
  const message = toObject(value);
  const type = readType(message, ['subscribe']);
  const version = readVersion(message);
  const isOfAll = message.fields.sessionId === ALL_SESSIONS;
  return {
    type,
    version,
    sessionId: isOfAll ? ALL_SESSIONS : readId(message, 'sessionId'),
    ...optional(message, 'afterSequence', (object, key) => readInteger(object, key, 0, Number.MAX_SAFE_INTEGER)),
    ...readEpoch(message),
    ...optional(message, 'types', (object, key) => readChoices(object, key, EVENT_TYPES)),
    ...optional(message, 'roles', (object, key) => readChoices(object, key, PARTICIPANT_ROLES)),
    ...optional(message, 'wait', readBoolean),
  };
}

function parseSessionStart(message: JsonObject): SessionStart {
  const version = readVersion(message);
  return {
    type: 'session.start',
    version,
    ...optional(message, 'sessionId', readId),
    ...optional(message, 'title', (object, key) => readText(object, key, 0, MAX_TITLE_LENGTH)),
    ...optional(message, 'traceparent', readTraceparent),
  };
}

function parseTrackAdd(message: JsonObject): TrackAdd {
  return {
    type: 'track.add',
    track: readTrack(message),
    participant: parseParticipantInfo(readObject(message, 'participant')),
    media: parseTrackMedia(readObject(message, 'media')),
  };
}

function parseParticipantInfo(participant: JsonObject): ParticipantInfo {
  const id = readId(participant, 'id');
  return {
    id,
    ...optional(participant, 'role', (object, key) => readChoice(object, key, PARTICIPANT_ROLES)),
    ...optional(participant, 'displayName', (object, key) => readText(object, key, 0, MAX_DISPLAY_NAME_LENGTH)),
  };
}

function parseTrackMedia(media: JsonObject): TrackMedia {
  const kind = readChoice(media, 'kind', ['audio', 'video', 'transcript']);
  switch (kind) {
    case 'audio': {
      const encoding = readChoice(media, 'encoding', ['pcm-s16le', 'pcm-f32le']);
      const sampleRateHz = readInteger(media, 'sampleRateHz', MIN_SAMPLE_RATE_HZ, MAX_SAMPLE_RATE_HZ);
      return {
        kind,
        encoding,
        sampleRateHz,
        ...optional(media, 'channelCount', (object, key) => readInteger(object, key, 1, 2)),
      };
    }
    case 'video':
      return { kind, encoding: readChoice(media, 'encoding', VIDEO_ENCODINGS) };
    case 'transcript': {
      return { kind, ...optional(media, 'language', (object, key) => readText(object, key, 1, MAX_LANGUAGE_LENGTH)) };
    }
  }
}

function parseTranscript(message: JsonObject): TranscriptMessage {
  const startMs = readMediaTimeMs(message, 'startMs');
  const endMs = readMediaTimeMs(message, 'endMs');
  if (endMs < startMs) throw ProtocolError.invalidField('endMs', 'at or after startMs');
  return {
    type: 'transcript',
    track: readTrack(message),
    segmentId: readText(message, 'segmentId', 1, MAX_ID_LENGTH),
    startMs,
    endMs,
    text: readText(message, 'text', 0, MAX_TRANSCRIPT_LENGTH),
    final: readBoolean(message, 'final'),
  };
}

function parseTranscriptResult(message: JsonObject): TranscriptResult {
  const tracks = readArray(message, 'tracks', (value, path) => {
    if (isTrack(value)) return value;
    throw ProtocolError.invalidField(path, `a whole number from 0 to ${MAX_TRACK}`);
  });
  if (tracks.length < 1 || tracks.length > MAX_RESULT_TRACKS) {
    throw ProtocolError.invalidField('tracks', `a list of 1 to ${MAX_RESULT_TRACKS} tracks`);
  }
  return {
    type: 'transcript.result',
    tracks,
    source: readSource(message),
    ...optional(message, 'offsetMs', (object, key) => readNumber(object, key, -MAX_MEDIA_TIME_MS, MAX_MEDIA_TIME_MS)),
    result: readObject(message, 'result').fields,
  };
}

function readSource(message: JsonObject): TranscriptResult['source'] {
  const source = readText(message, 'source', 1, MAX_ID_LENGTH);
  const known = TRANSCRIPT_SOURCES.find((name) => name === source);
  if (known !== undefined) return known;
  throw new ProtocolError('unknown-source', `source must be one of ${TRANSCRIPT_SOURCES.join(', ')}.`, 'source');
}

function isTrack(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TRACK;
}

function readTrack(message: JsonObject): number {
  return readInteger(message, 'track', 0, MAX_TRACK);
}

function readVersion(message: JsonObject): typeof PROTOCOL_VERSION {
  if (message.fields.version !== PROTOCOL_VERSION) {
    throw new ProtocolError('unsupported-version', `version must be ${PROTOCOL_VERSION}.`, 'version');
  }
  return PROTOCOL_VERSION;
}
