import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EMOTION_LABELS,
  type EmotionEvent,
  EVENT_TYPES,
  parseEmotionEvent,
  parsePublisherReply,
  parseSessionList,
  parseSubscriberReply,
} from '../../../client-sdk/protocol/index.ts';
import { corrupted, problemOf } from '../../support/client-sdk/protocol-problems.ts';
import { SAMPLE_TRACEPARENT, sampleEmotion, sampleSession } from '../../support/client-sdk/sample-events.ts';

const ENVELOPE = { sessionId: 'call-1', sequence: 2, mediaTimeMs: 10, traceparent: SAMPLE_TRACEPARENT };
const PARTICIPANT = { id: 'a', role: 'unknown', displayName: null } as const;
const EVENTS: readonly EmotionEvent[] = [
  ...sampleSession(3),
  { type: 'utterance.started', ...ENVELOPE, utteranceId: 'a-0', participant: PARTICIPANT, startMs: 0 },
  {
    type: 'utterance.failed',
    ...ENVELOPE,
    utteranceId: 'a-0',
    participant: PARTICIPANT,
    revision: 1,
    startMs: 0,
    endMs: 5,
    code: 'model-failed',
    message: 'The model failed.',
  },
];
const READY = {
  type: 'session.ready',
  sessionId: 'call-1',
  traceparent: SAMPLE_TRACEPARENT,
  limits: { maxPacketBytes: 1, maxMessageBytes: 2, maxTracks: 3, jitterMs: 0 },
};
const SUMMARY = {
  sessionId: 'call-1',
  title: null,
  state: 'live',
  startedAt: '2026-11-20T10:00:00Z',
  endedAt: null,
  endReason: null,
  participants: [PARTICIPANT],
  utteranceCount: 0,
  lastSequence: 1,
  mediaTimeMs: 0,
};

describe('an event', () => {
  it('of every type is read as it was sent', () => {
    expect(new Set(EVENTS.map((event) => event.type))).toEqual(new Set(EVENT_TYPES));
    for (const event of EVENTS) {
      expect(parseEmotionEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
      expect(parseSubscriberReply(JSON.parse(JSON.stringify(event)))).toEqual(event);
    }
  });

  it('may tell why a modality counts as absent or noisy, in a word that is not known yet, and the words of a failure', () => {
    const { modalities } = sampleEmotion();
    const transcript = { text: 'das stimmt' };
    const events = [
      ...['unsupported-language', 'a-later-reason'].map((reason) =>
        sampleEmotion({ modalities: { ...modalities, text: { ...modalities.text, state: 'absent', reason } } }),
      ),
      sampleEmotion({
        modalities: { ...modalities, video: { ...modalities.video, state: 'noisy', reason: 'mouth-covered' } },
      }),
      { ...EVENTS.find(({ type }) => type === 'utterance.failed')!, transcript },
    ];
    for (const event of events) expect(parseEmotionEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
  });

  it.each(['features', 'a-later-stage'])(
    'may tell that an utterance failed in the stage %s, or leave it out',
    (stage) => {
      const failed = EVENTS.find(({ type }) => type === 'utterance.failed')!;
      for (const event of [{ ...failed, stage }, failed]) {
        expect(parseEmotionEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
      }
    },
  );

  it.each([7, '', null, {}])('is refused with %j for the stage of a failure', (stage) => {
    const failed = EVENTS.find(({ type }) => type === 'utterance.failed')!;
    expect(() => parseEmotionEvent({ ...failed, stage })).toThrow(/stage/);
  });

  it.each([7, '', null])('is refused with %j for a reason', (reason) => {
    const { modalities } = sampleEmotion();
    const event = { ...sampleEmotion(), modalities: { ...modalities, text: { ...modalities.text, reason } } };
    expect(() => parseEmotionEvent(event)).toThrow(/reason/);
  });

  it('may tell whether its answer is certain, dissatisfaction, and what the voice was compared with', () => {
    const { emotion, modalities } = sampleEmotion();
    const dissatisfaction = { probability: 0.4231, likely: true };
    const audio = { ...modalities.audio, baseline: { utterances: 12 } };
    const events = [
      sampleEmotion({ emotion: { ...emotion, certain: true } }),
      sampleEmotion({ emotion: { ...emotion, certain: false } }),
      sampleEmotion({ dissatisfaction }),
      sampleEmotion({ modalities: { ...modalities, audio } }),
      sampleEmotion({ emotion: { ...emotion, certain: false }, dissatisfaction, modalities: { ...modalities, audio } }),
    ];
    for (const event of events) expect(parseEmotionEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
  });

  it('of a server that tells none of these has no such fields', () => {
    const event = parseEmotionEvent(JSON.parse(JSON.stringify(sampleEmotion())));
    expect(event).not.toHaveProperty('dissatisfaction');
    expect(event).not.toHaveProperty('emotion.certain');
    expect(event).not.toHaveProperty('modalities.audio.baseline');
  });

  it('leaves out a baseline of words or of the face, which the protocol does not know', () => {
    const { modalities } = sampleEmotion();
    const baseline = { utterances: 3 };
    const event = { ...sampleEmotion(), modalities: { ...modalities, text: { ...modalities.text, baseline } } };
    expect(parseEmotionEvent(event)).toEqual(sampleEmotion());
  });

  it('keeps the frozen order of the labels', () => {
    const { emotion, ...rest } = sampleEmotion();
    const reversed = Object.fromEntries(Object.entries(emotion.probabilities).reverse());
    const event = parseEmotionEvent({ ...rest, emotion: { ...emotion, probabilities: reversed } });
    expect(event.type === 'utterance.emotion' && Object.keys(event.emotion.probabilities)).toEqual([...EMOTION_LABELS]);
  });

  it('may have probabilities with the rounding of single precision', () => {
    const { emotion } = sampleEmotion();
    expect(() => parseEmotionEvent(sampleEmotion({ emotion: { ...emotion, confidence: 1.0000001 } }))).not.toThrow();
  });

  it.each([
    ['an unknown type', { ...EVENTS[0], type: 'session.paused' }, 'unknown-type', 'type'],
    ['sequence 0', { ...EVENTS[0], sequence: 0 }, 'invalid-field', 'sequence'],
    ['no title', { ...EVENTS[0], title: undefined }, 'missing-field', 'title'],
    ['a start that is no time', { ...EVENTS[0], startedAt: 'yesterday' }, 'invalid-field', 'startedAt'],
    [
      'a probability of 2',
      sampleEmotion({ emotion: { ...sampleEmotion().emotion, confidence: 2 } }),
      'invalid-field',
      'emotion.confidence',
    ],
    [
      'six sentiment classes',
      sampleEmotion({ sentiment: { score: 0, probabilities: [1, 0, 0, 0, 0, 0] } }),
      'invalid-field',
      'sentiment.probabilities',
    ],
    [
      'a textual probability',
      sampleEmotion({ sentiment: { score: 0, probabilities: [1, 0, '0' as never] } }),
      'invalid-field',
      'sentiment.probabilities[2]',
    ],
    [
      'a sentiment of 4',
      sampleEmotion({ sentiment: { ...sampleEmotion().sentiment, score: 4 } }),
      'invalid-field',
      'sentiment.score',
    ],
    [
      'a missing modality',
      sampleEmotion({ modalities: { ...sampleEmotion().modalities, video: undefined as never } }),
      'missing-field',
      'modalities.video',
    ],
  ])('with %s is refused', (_, value, code, field) => {
    expect(problemOf(() => parseEmotionEvent(value))).toEqual({ code, field });
  });

  const { emotion, modalities } = sampleEmotion();
  it.each([
    ...['yes', 1, null].map((certain) => [{ emotion: { ...emotion, certain } }, 'emotion.certain'] as const),
    ...[
      [null, ''],
      [{ likely: true }, '.probability'],
      [{ probability: 1.1, likely: true }, '.probability'],
      [{ probability: -0.1, likely: false }, '.probability'],
      [{ probability: '0.5', likely: true }, '.probability'],
      [{ probability: 0.5 }, '.likely'],
      [{ probability: 0.5, likely: 'no' }, '.likely'],
    ].map(([dissatisfaction, field]) => [{ dissatisfaction }, `dissatisfaction${field}`] as const),
    ...[
      null,
      {},
      { utterances: 0 },
      { utterances: -1 },
      { utterances: 1.5 },
      { utterances: '2' },
      { utterances: 2 ** 60 },
    ].map((baseline) => {
      const field = `modalities.audio.baseline${baseline === null ? '' : '.utterances'}`;
      return [{ modalities: { ...modalities, audio: { ...modalities.audio, baseline } } }, field] as const;
    }),
  ])('with %j is refused', (part, field) => {
    expect(problemOf(() => parseEmotionEvent({ ...sampleEmotion(), ...part }))).toMatchObject({ field });
  });
});

describe('a reply', () => {
  it.each([
    ['session.ready', READY],
    ['track.ready', { type: 'track.ready', track: 3 }],
    ['error', { type: 'error', code: 'bad-image', message: 'x', fatal: false }],
  ])('%s to a publisher is read as it was sent', (_, reply) => {
    expect(parsePublisherReply({ ...reply })).toEqual(reply);
  });

  it.each([
    ['events.dropped', { type: 'events.dropped', fromSequence: 1, toSequence: 1 }],
    ['error', { type: 'error', code: 'unknown-session', message: 'x', fatal: true }],
  ])('%s to a subscriber is read as it was sent', (_, reply) => {
    expect(parseSubscriberReply({ ...reply })).toEqual(reply);
  });

  it('that drops events from the last to the first is refused', () => {
    const dropped = { type: 'events.dropped', fromSequence: 2, toSequence: 1 };
    expect(problemOf(() => parseSubscriberReply(dropped))).toEqual({ code: 'invalid-field', field: 'toSequence' });
  });

  it('of any shape is a message or a ProtocolError, never anything else', () => {
    const near = fc.constantFrom<unknown>(...EVENTS, READY).chain((message) => corrupted(message));
    fc.assert(
      fc.property(fc.oneof(fc.anything(), near), (value) => {
        problemOf(() => parsePublisherReply(value));
        problemOf(() => parseSubscriberReply(value));
        problemOf(() => parseSessionList({ sessions: [value] }));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a session list', () => {
  it('is read as it was sent', () => {
    const ended = { ...SUMMARY, state: 'ended', endedAt: '2026-11-20T10:01:00.5Z', endReason: 'idle' };
    expect(parseSessionList({ sessions: [SUMMARY, ended] })).toEqual({ sessions: [SUMMARY, ended] });
  });

  it('says which session is wrong', () => {
    const wrong = { ...SUMMARY, participants: [{ ...PARTICIPANT, role: 'boss' }] };
    expect(problemOf(() => parseSessionList({ sessions: [SUMMARY, wrong] }))).toEqual({
      code: 'invalid-field',
      field: 'sessions[1].participants[0].role',
    });
  });
});
