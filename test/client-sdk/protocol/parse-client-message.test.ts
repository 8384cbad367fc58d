import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ProtocolError,
  type PublisherMessage,
  parseJson,
  parsePublisherMessage,
  parseSubscriberMessage,
} from '../../../client-sdk/protocol/index.ts';
import { corrupted, problemOf, thrownBy } from '../../support/client-sdk/protocol-problems.ts';
import { SAMPLE_TRACEPARENT } from '../../support/client-sdk/sample-events.ts';

const START = { type: 'session.start', version: 1 };
const AUDIO = { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz: 16_000 };
const ADD = { type: 'track.add', track: 0, participant: { id: 'a' }, media: AUDIO };
const WORDS = { type: 'transcript', track: 0, segmentId: '1', startMs: 0, endMs: 1, text: 'hi', final: true };

const VALID: readonly PublisherMessage[] = [
  { type: 'session.start', version: 1 },
  { type: 'session.start', version: 1, sessionId: 'A.b_c-9', title: 'x'.repeat(200), traceparent: SAMPLE_TRACEPARENT },
  { type: 'track.add', track: 65_535, participant: { id: 'a' }, media: { kind: 'transcript' } },
  {
    type: 'track.add',
    track: 0,
    participant: { id: 'x'.repeat(64), role: 'agent', displayName: 'Ada' },
    media: { kind: 'audio', encoding: 'pcm-f32le', sampleRateHz: 96_000, channelCount: 2 },
  },
  { type: 'track.add', track: 1, participant: { id: 'a' }, media: { kind: 'video', encoding: 'webp' } },
  { type: 'track.add', track: 1, participant: { id: 'a' }, media: { kind: 'transcript', language: 'en-GB' } },
  { type: 'transcript', track: 0, segmentId: ' ', startMs: 1.5, endMs: 1.5, text: 'x'.repeat(10_000), final: false },
  { type: 'track.end', track: 0 },
  { type: 'session.end' },
];

describe('a publisher message', () => {
  it.each(VALID.map((message) => [message.type, message]))('%s is read as it was sent', (_, message) => {
    expect(parsePublisherMessage(JSON.parse(JSON.stringify(message)))).toEqual(message);
  });

  it('loses the fields that the protocol does not know', () => {
    const message = parsePublisherMessage(JSON.parse('{"type":"track.end","track":1,"__proto__":{"x":1},"extra":2}'));
    expect(message).toEqual({ type: 'track.end', track: 1 });
  });

  it.each([
    ['null', null, 'not-an-object', null],
    ['a list', [START], 'not-an-object', null],
    ['a text', 'session.start', 'not-an-object', null],
    ['no type', {}, 'unknown-type', 'type'],
    ['an inherited type', { type: 'toString' }, 'unknown-type', 'type'],
    ['a numeric type', { type: 1 }, 'unknown-type', 'type'],
    ["the server's type", { type: 'session.ready' }, 'unknown-type', 'type'],
    ['no version', { type: 'session.start' }, 'unsupported-version', 'version'],
    ['the next version', { ...START, version: 2 }, 'unsupported-version', 'version'],
    ['a textual version', { ...START, version: '1' }, 'unsupported-version', 'version'],
    ['an empty id', { ...START, sessionId: '' }, 'invalid-field', 'sessionId'],
    ['an id of 65 characters', { ...START, sessionId: 'x'.repeat(65) }, 'invalid-field', 'sessionId'],
    ['an id with a slash', { ...START, sessionId: 'a/b' }, 'invalid-field', 'sessionId'],
    ['an id that climbs a path', { ...START, sessionId: '..' }, 'invalid-field', 'sessionId'],
    ['an id with a line feed', { ...START, sessionId: 'a\n' }, 'invalid-field', 'sessionId'],
    ['a null id', { ...START, sessionId: null }, 'invalid-field', 'sessionId'],
    ['a title of 201 characters', { ...START, title: 'x'.repeat(201) }, 'invalid-field', 'title'],
    [
      'a trace of zeros',
      { ...START, traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` },
      'invalid-field',
      'traceparent',
    ],
    ['no track', { type: 'track.end' }, 'missing-field', 'track'],
    ['a track of 65536', { ...ADD, track: 65_536 }, 'invalid-field', 'track'],
    ['a fractional track', { ...ADD, track: 0.5 }, 'invalid-field', 'track'],
    ['no participant', { ...ADD, participant: undefined }, 'missing-field', 'participant'],
    ['a participant by name', { ...ADD, participant: 'ada' }, 'not-an-object', 'participant'],
    ['an unknown role', { ...ADD, participant: { id: 'a', role: 'boss' } }, 'invalid-field', 'participant.role'],
    ['an unknown medium', { ...ADD, media: { kind: 'smell' } }, 'invalid-field', 'media.kind'],
    ['an unknown encoding', { ...ADD, media: { ...AUDIO, encoding: 'opus' } }, 'invalid-field', 'media.encoding'],
    ['a rate of 7999 Hz', { ...ADD, media: { ...AUDIO, sampleRateHz: 7999 } }, 'invalid-field', 'media.sampleRateHz'],
    ['a rate of 1e9 Hz', { ...ADD, media: { ...AUDIO, sampleRateHz: 1e9 } }, 'invalid-field', 'media.sampleRateHz'],
    ['three channels', { ...ADD, media: { ...AUDIO, channelCount: 3 } }, 'invalid-field', 'media.channelCount'],
    ['a null time', { ...WORDS, startMs: null }, 'invalid-field', 'startMs'],
    ['a negative time', { ...WORDS, startMs: -1 }, 'invalid-field', 'startMs'],
    ['an end before the start', { ...WORDS, startMs: 2 }, 'invalid-field', 'endMs'],
    ['a text of 1 MB', { ...WORDS, text: 'x'.repeat(1e6) }, 'invalid-field', 'text'],
    ['final as a number', { ...WORDS, final: 1 }, 'invalid-field', 'final'],
    ['no segment id', { ...WORDS, segmentId: '' }, 'invalid-field', 'segmentId'],
  ])('with %s is refused', (_, value, code, field) => {
    expect(problemOf(() => parsePublisherMessage(value))).toEqual({ code, field });
  });

  it('asks for a close with its reason', () => {
    expect(new ProtocolError('unsupported-version', 'x').closeReason).toBe('unsupported-version');
    expect(new ProtocolError('not-json', 'x').closeReason).toBe('malformed');
  });

  it('never repeats what was received in an error', () => {
    const secret = 'Zq7secret';
    const refusals = [
      () => parseJson(`{"text": ${secret}`),
      () => parsePublisherMessage({ type: secret }),
      () => parsePublisherMessage({ ...START, sessionId: `${secret}/` }),
      () => parsePublisherMessage({ ...START, version: secret }),
      () => parsePublisherMessage({ ...WORDS, text: secret.repeat(2000) }),
      () => parsePublisherMessage({ ...ADD, media: { kind: secret } }),
    ];
    for (const refusal of refusals) {
      const error = thrownBy(refusal);
      expect(error).toBeInstanceOf(ProtocolError);
      expect(inspect(error, { showHidden: true })).not.toContain(secret);
    }
  });

  it('tells a time of minus zero as zero, as JSON writes it', () => {
    const message = parsePublisherMessage(JSON.parse(JSON.stringify(WORDS).replace('"startMs":0', '"startMs":-0')));
    expect(Object.is((message as { startMs: number }).startMs, 0)).toBe(true);
  });

  it('of any shape is a message or a ProtocolError, never anything else', () => {
    const near = fc.constantFrom(...VALID).chain((message) => corrupted(message));
    fc.assert(
      fc.property(fc.oneof(fc.anything({ withNullPrototype: true }), near), (value) => {
        if (problemOf(() => parsePublisherMessage(value)) === null) {
          const message = parsePublisherMessage(value);
          expect(parsePublisherMessage(JSON.parse(JSON.stringify(message)))).toEqual(message);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a text', () => {
  it('of any characters is JSON or a ProtocolError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect([null, 'not-json']).toContain(problemOf(() => parseJson(text))?.code ?? null);
      }),
    );
  });
});

describe('a subscriber message', () => {
  it('is read as it was sent', () => {
    const message = { type: 'subscribe', version: 1, sessionId: 'call-1', afterSequence: 7 } as const;
    expect(parseSubscriberMessage({ ...message })).toEqual(message);
    expect(parseSubscriberMessage({ ...message, afterSequence: undefined })).not.toHaveProperty('afterSequence');
  });

  it.each([
    ['another type', { type: 'session.start', version: 1 }, 'unknown-type', 'type'],
    ['another version', { type: 'subscribe', version: 3, sessionId: 'a' }, 'unsupported-version', 'version'],
    ['no session', { type: 'subscribe', version: 1 }, 'missing-field', 'sessionId'],
    [
      'a negative sequence',
      { type: 'subscribe', version: 1, sessionId: 'a', afterSequence: -1 },
      'invalid-field',
      'afterSequence',
    ],
    [
      'a fractional sequence',
      { type: 'subscribe', version: 1, sessionId: 'a', afterSequence: 0.5 },
      'invalid-field',
      'afterSequence',
    ],
  ])('with %s is refused', (_, value, code, field) => {
    expect(problemOf(() => parseSubscriberMessage(value))).toEqual({ code, field });
  });
});
