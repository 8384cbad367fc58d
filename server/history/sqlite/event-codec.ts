import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { EmotionEvent, UtteranceEmotion, UtteranceFailed } from '../../../client-sdk/protocol/index.ts';

/** How a body is encoded: its first byte. A number is never used for something else. */
const WITH_DICTIONARY_1 = 1;

/**
 * Text that most events share, so that each compresses to a fifth. It is part of the stored format: another one needs
 * another number.
 */
const DICTIONARY_1 = Buffer.from(
  [
    '"type":"session.ended","reason":"completed","durationMs":0,"utteranceCount":0,"type":"session.started","startedAt":"2026-01-01T00:00:00.000Z","title":null,',
    '{"type":"utterance.failed","sessionId":"","epoch":"","sequence":1,"mediaTimeMs":0,"utteranceId":"","participant":{"id":"","role":"unknown","displayName":null},"revision":0,"startMs":0,"endMs":0,"code":"no-signal","stage":"inference","message":"","transcript":{"text":""},"traceparent":"00-"}',
    '{"type":"utterance.started","sessionId":"","epoch":"","sequence":1,"mediaTimeMs":0,"utteranceId":"agent-0","participant":{"id":"agent","role":"agent","displayName":null},"startMs":0,"traceparent":"00-"}',
    '{"words":[{"start":0,"end":1,"weight":0.1},{"start":10,"end":20,"weight":0.0},"sets":null',
    '{"type":"utterance.emotion","sessionId":"","epoch":"","sequence":1,"mediaTimeMs":0,"utteranceId":"customer-0","participant":{"id":"customer","role":"customer","displayName":"Customer"},"revision":1,"startMs":0,"endMs":0,"endedBy":"transcript-final","endedBy":"max-length","endedBy":"track-end","endedBy":"silence",',
    '"emotion":{"label":"neutral","certain":true,"confidence":0.9,"probabilities":{"anger":0.0,"disgust":0.0,"fear":0.0,"joy":0.0,"neutral":0.9,"sadness":0.0,"surprise":0.0}},"sentiment":{"score":0.0,"probabilities":[0.0,0.0,0.0,0.0,0.0,0.0,0.0]},"dissatisfaction":{"probability":0.0,"likely":false},',
    '"modalities":{"text":{"state":"ok","contribution":0.3,"quality":1},"audio":{"state":"ok","contribution":0.3,"quality":0.9,"baseline":{"utterances":1}},"video":{"state":"absent","contribution":0,"quality":null}},"transcript":null,"transcript":{"text":""},',
    '"explanation":{"words":[{"start":0,"end":3,"weight":0.05},{"start":4,"end":8,"weight":0.1}],"sets":{"text":0.1,"audio":0.1,"video":0,"text-audio":0.1,"text-video":0,"audio-video":0,"text-audio-video":0,"pairs-of-text":0,"pairs-of-audio":0,"pairs-of-video":0}},"modelId":"undertone-mini@1.0.0","latencyMs":100.0,"traceparent":"00-"}',
  ].join(''),
);

/** An event without its words, as it is stored. */
export interface EncodedEvent {
  readonly body: Uint8Array;
  /** Null if the event has no words. */
  readonly words: string | null;
}

/** Separates the words from an event and compresses the rest. */
export function encodeEvent(event: EmotionEvent): EncodedEvent {
  const words = wordsOf(event);
  const bare = words === null ? event : { ...event, transcript: { text: '' } };
  const packed = deflateRawSync(JSON.stringify(bare), { dictionary: DICTIONARY_1, level: 6 });
  const body = new Uint8Array(packed.byteLength + 1);
  body[0] = WITH_DICTIONARY_1;
  body.set(packed, 1);
  return { body, words };
}

/**
 * The event as JSON, as it was told.
 *
 * @param words - its words. Null if it had none, or they were deleted: then it has neither a transcript nor ranges in it.
 * @throws RangeError when a later version of the server wrote the body, or it is damaged.
 */
export function decodeEvent(body: Uint8Array, words: string | null): Uint8Array {
  if (body[0] !== WITH_DICTIONARY_1)
    throw new RangeError('an event is stored in a way that this version does not know');
  const json = inflateRawSync(body.subarray(1), { dictionary: DICTIONARY_1 });
  // Copied, because zlib's and Buffer's own memory is larger than its content, and would cross threads as a whole.
  if (!json.includes(NO_WORDS)) return new Uint8Array(json);
  const event = JSON.parse(json.toString()) as Worded;
  const told = words === null ? withoutWords(event) : { ...event, transcript: { text: words } };
  return new TextEncoder().encode(JSON.stringify(told));
}

type Worded = UtteranceEmotion | UtteranceFailed;

function withoutWords(event: Worded): Worded {
  if (event.type === 'utterance.failed') {
    const { transcript, ...rest } = event;
    return rest;
  }
  const { explanation } = event;
  return {
    ...event,
    transcript: null,
    ...(explanation !== undefined && { explanation: { ...explanation, words: [] } }),
  };
}

const NO_WORDS = Buffer.from('"transcript":{"text":""}');

function wordsOf(event: EmotionEvent): string | null {
  if (event.type !== 'utterance.emotion' && event.type !== 'utterance.failed') return null;
  const text = event.transcript?.text ?? '';
  return text === '' ? null : text;
}
