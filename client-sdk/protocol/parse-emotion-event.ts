import {
  type DissatisfactionScore,
  EMOTION_LABELS,
  type EmotionEvent,
  type EmotionLabel,
  type EmotionScore,
  EVIDENCE_SETS,
  type EventEnvelope,
  type EvidenceSet,
  type Explanation,
  type ModalityReport,
  type ModalityReports,
  PARTICIPANT_ROLES,
  type Participant,
  SENTIMENT_CLASSES,
  type SentimentScore,
  type SessionEndReason,
  type UtteranceEmotion,
  type UtteranceEndReason,
  type UtteranceTranscript,
  type VoiceBaseline,
  type WordWeight,
} from './emotion-event.ts';
import {
  type JsonObject,
  nullable,
  optional,
  readArray,
  readBoolean,
  readChoice,
  readEpoch,
  readId,
  readInteger,
  readMediaTimeMs,
  readNumber,
  readObject,
  readPosition,
  readText,
  readTraceparent,
  readType,
  readUtcTime,
  toObject,
} from './json-object.ts';
import { MAX_DISPLAY_NAME_LENGTH, MAX_TITLE_LENGTH } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';

/** The `type` of every event, in the order of an utterance's life. */
export const EVENT_TYPES = [
  'session.started',
  'utterance.started',
  'utterance.emotion',
  'utterance.failed',
  'session.ended',
] as const satisfies readonly EmotionEvent['type'][];

/** Why a session may have ended, in no order. */
export const SESSION_END_REASONS = [
  'completed',
  'disconnected',
  'idle',
  'shutdown',
  'overloaded',
  'failed',
] as const satisfies readonly SessionEndReason[];

const UTTERANCE_END_REASONS = [
  'silence',
  'transcript-final',
  'max-length',
  'track-end',
] as const satisfies readonly UtteranceEndReason[];
const MODALITY_STATES = ['ok', 'noisy', 'absent', 'late'] as const;

/** Probabilities are computed in single precision: their rounding is not an error. */
const ROUNDING = 1e-6;

/**
 * Checks one event. Fields that the protocol does not know are left out.
 *
 * @throws {@link ProtocolError}
 */
export function parseEmotionEvent(value: unknown): EmotionEvent {
  const event = toObject(value);
  const type = readType(event, EVENT_TYPES);
  const envelope = parseEnvelope(event);
  switch (type) {
    case 'session.started':
      return {
        type,
        ...envelope,
        startedAt: readUtcTime(event, 'startedAt'),
        title: nullable(event, 'title', readTitle),
        modelId: readSomeText(event, 'modelId'),
      };
    case 'utterance.started':
      return { type, ...envelope, ...parseUtteranceStart(event) };
    case 'utterance.emotion':
      return parseUtteranceEmotion(event, envelope);
    case 'utterance.failed':
      return {
        type,
        ...envelope,
        ...parseUtteranceEnd(event),
        code: readSomeText(event, 'code'),
        ...optional(event, 'stage', readSomeText),
        message: readText(event, 'message'),
        ...optional(event, 'transcript', parseTranscript),
      };
    case 'session.ended':
      return {
        type,
        ...envelope,
        reason: readChoice(event, 'reason', SESSION_END_REASONS),
        durationMs: readMediaTimeMs(event, 'durationMs'),
        utteranceCount: readCount(event, 'utteranceCount'),
      };
  }
}

/** Checks a participant, as events and session summaries carry it. */
export function parseParticipant(participant: JsonObject): Participant {
  return {
    id: readId(participant, 'id'),
    role: readChoice(participant, 'role', PARTICIPANT_ROLES),
    displayName: nullable(participant, 'displayName', (object, key) =>
      readText(object, key, 0, MAX_DISPLAY_NAME_LENGTH),
    ),
  };
}

export function readTitle(object: JsonObject, key: string): string {
  return readText(object, key, 0, MAX_TITLE_LENGTH);
}

export function readSomeText(object: JsonObject, key: string): string {
  return readText(object, key, 1);
}

/** A whole number from 0. */
export function readCount(object: JsonObject, key: string): number {
  return readInteger(object, key, 0, Number.MAX_SAFE_INTEGER);
}

function parseEnvelope(event: JsonObject): EventEnvelope {
  return {
    sessionId: readId(event, 'sessionId'),
    ...readEpoch(event),
    sequence: readInteger(event, 'sequence', 1, Number.MAX_SAFE_INTEGER),
    ...optional(event, 'position', readPosition),
    mediaTimeMs: readMediaTimeMs(event, 'mediaTimeMs'),
    traceparent: readTraceparent(event, 'traceparent'),
  };
}

function parseUtteranceStart(event: JsonObject): Pick<UtteranceEmotion, 'utteranceId' | 'participant' | 'startMs'> {
  return {
    utteranceId: readSomeText(event, 'utteranceId'),
    participant: parseParticipant(readObject(event, 'participant')),
    startMs: readMediaTimeMs(event, 'startMs'),
  };
}

function parseUtteranceEmotion(event: JsonObject, envelope: EventEnvelope): UtteranceEmotion {
  return {
    type: 'utterance.emotion',
    ...envelope,
    ...parseUtteranceEnd(event),
    endedBy: readChoice(event, 'endedBy', UTTERANCE_END_REASONS),
    emotion: parseEmotionScore(readObject(event, 'emotion')),
    sentiment: parseSentimentScore(readObject(event, 'sentiment')),
    ...optional(event, 'dissatisfaction', parseDissatisfaction),
    modalities: parseModalities(readObject(event, 'modalities')),
    transcript: nullable(event, 'transcript', parseTranscript),
    ...optional(event, 'explanation', parseExplanation),
    modelId: readSomeText(event, 'modelId'),
    latencyMs: readNumber(event, 'latencyMs', 0, Number.MAX_VALUE),
  };
}

function parseUtteranceEnd(
  event: JsonObject,
): Pick<UtteranceEmotion, 'utteranceId' | 'participant' | 'startMs' | 'revision' | 'endMs'> {
  return {
    ...parseUtteranceStart(event),
    revision: readCount(event, 'revision'),
    endMs: readMediaTimeMs(event, 'endMs'),
  };
}

function parseTranscript(object: JsonObject, key: string): UtteranceTranscript {
  return { text: readText(readObject(object, key), 'text') };
}

function parseExplanation(object: JsonObject, key: string): Explanation {
  const explanation = readObject(object, key);
  return {
    words: readArray(explanation, 'words', (value, path) => parseWordWeight(toObject(value, path))),
    sets: nullable(explanation, 'sets', parseSets),
  };
}

function parseWordWeight(word: JsonObject): WordWeight {
  return { start: readCount(word, 'start'), end: readCount(word, 'end'), weight: readShare(word, 'weight') };
}

function parseSets(object: JsonObject, key: string): Record<EvidenceSet, number> {
  const sets = readObject(object, key);
  return Object.fromEntries(
    EVIDENCE_SETS.map((set) => [set, readNumber(sets, set, -1 - ROUNDING, 1 + ROUNDING)]),
  ) as Record<EvidenceSet, number>;
}

function parseEmotionScore(score: JsonObject): EmotionScore {
  const probabilities = readObject(score, 'probabilities');
  return {
    ...parseAnswer(score),
    probabilities: Object.fromEntries(
      EMOTION_LABELS.map((label) => [label, readShare(probabilities, label)]),
    ) as Record<EmotionLabel, number>,
  };
}

/** The most probable label, and how probable it is. */
export function parseAnswer(score: JsonObject): Pick<EmotionScore, 'label' | 'certain' | 'confidence'> {
  return {
    label: readChoice(score, 'label', EMOTION_LABELS),
    ...optional(score, 'certain', readBoolean),
    confidence: readShare(score, 'confidence'),
  };
}

function parseSentimentScore(sentiment: JsonObject): SentimentScore {
  const probabilities = readArray(sentiment, 'probabilities', (value, path) => {
    if (typeof value !== 'number' || !(value >= 0 && value <= 1 + ROUNDING)) {
      throw ProtocolError.invalidField(path, 'a number from 0 to 1');
    }
    return value;
  });
  if (probabilities.length !== SENTIMENT_CLASSES.length) {
    throw ProtocolError.invalidField('sentiment.probabilities', `a list of ${SENTIMENT_CLASSES.length} numbers`);
  }
  return { score: readNumber(sentiment, 'score', -3 - ROUNDING, 3 + ROUNDING), probabilities };
}

export function parseDissatisfaction(object: JsonObject, key: string): DissatisfactionScore {
  const dissatisfaction = readObject(object, key);
  return { probability: readShare(dissatisfaction, 'probability'), likely: readBoolean(dissatisfaction, 'likely') };
}

function parseModalities(modalities: JsonObject): ModalityReports {
  const audio = readObject(modalities, 'audio');
  return {
    text: parseModality(readObject(modalities, 'text')),
    audio: { ...parseModality(audio), ...optional(audio, 'baseline', parseBaseline) },
    video: parseModality(readObject(modalities, 'video')),
  };
}

function parseModality(report: JsonObject): ModalityReport {
  return {
    state: readChoice(report, 'state', MODALITY_STATES),
    contribution: readShare(report, 'contribution'),
    quality: nullable(report, 'quality', readShare),
    ...optional(report, 'reason', readSomeText),
  };
}

function parseBaseline(object: JsonObject, key: string): VoiceBaseline {
  return { utterances: readInteger(readObject(object, key), 'utterances', 1, Number.MAX_SAFE_INTEGER) };
}

/** A number from 0 to 1, within the rounding of single precision. */
export function readShare(object: JsonObject, key: string): number {
  return readNumber(object, key, 0, 1 + ROUNDING);
}
