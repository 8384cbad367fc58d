import { describe, expect, it } from 'vitest';
import type { EmotionEvent, UtteranceEmotion } from '../../../client-sdk/index.ts';
import { describeEvent } from '../../../server/commands/describe-event.ts';

const envelope = { sessionId: 's', sequence: 2, mediaTimeMs: 0, traceparent: '00-1-1-00' } as const;
const dana = { id: 'speaker-1', role: 'customer', displayName: 'Dana' } as const;

const emotion: UtteranceEmotion = {
  ...envelope,
  type: 'utterance.emotion',
  utteranceId: 'speaker-1-61000',
  participant: dana,
  revision: 0,
  startMs: 61_000,
  endMs: 63_000,
  endedBy: 'silence',
  emotion: {
    label: 'joy',
    confidence: 0.724,
    probabilities: { anger: 0, disgust: 0, fear: 0, joy: 0.724, neutral: 0.276, sadness: 0, surprise: 0 },
  },
  sentiment: { score: 1.25, probabilities: [0, 0, 0, 0, 0.75, 0.25, 0] },
  modalities: {
    text: { state: 'late', contribution: 0, quality: null },
    audio: { state: 'ok', contribution: 0.6, quality: 0.9 },
    video: { state: 'ok', contribution: 0.4, quality: 0.8 },
  },
  transcript: null,
  modelId: 'm@1',
  latencyMs: 40,
};

describe('an event as a line', () => {
  it('says when, who, what and by which evidence', () => {
    expect(describeEvent(emotion)).toBe('1:01  Dana  joy 72 %  sentiment +1.3  [audio 60 %, video 40 %]\n');
  });

  it('quotes the words, marks a revision, and writes a minus as one', () => {
    const text = { state: 'ok', contribution: 1, quality: null } as const;
    const none = { state: 'absent', contribution: 0, quality: null } as const;
    const revised: EmotionEvent = {
      ...emotion,
      revision: 2,
      sentiment: { ...emotion.sentiment, score: -0.5 },
      modalities: { text, audio: none, video: none },
      transcript: { text: 'Oh no.' },
      participant: { ...dana, displayName: null },
    };
    expect(describeEvent(revised)).toBe(
      '1:01  Customer  joy 72 %  sentiment −0.5  [text 100 %] (revision 2)  “Oh no.”\n',
    );
  });

  it('says that words did not count, and quotes them', () => {
    const text = { state: 'absent', contribution: 0, quality: null, reason: 'unsupported-language' } as const;
    const event: EmotionEvent = {
      ...emotion,
      modalities: { ...emotion.modalities, text },
      transcript: { text: 'Das stimmt.' },
    };
    expect(describeEvent(event)).toBe(
      '1:01  Dana  joy 72 %  sentiment +1.3  [audio 60 %, video 40 %, text: other language]  “Das stimmt.”\n',
    );
  });

  it('says that a mouth was covered, and nothing of a reason that it does not know', () => {
    const told = (reason: string) =>
      describeEvent({
        ...emotion,
        modalities: { ...emotion.modalities, video: { ...emotion.modalities.video, state: 'noisy', reason } },
      });
    expect(told('mouth-covered')).toContain('[audio 60 %, video 40 %, video: mouth covered]');
    expect(told('a-later-reason')).toContain('[audio 60 %, video 40 %]');
  });

  it('says that an emotion is unclear and what is most probable, and how probable dissatisfaction is', () => {
    const judged: UtteranceEmotion = {
      ...emotion,
      emotion: { ...emotion.emotion, certain: false },
      dissatisfaction: { probability: 0.617, likely: true },
    };
    expect(describeEvent(judged)).toBe(
      '1:01  Dana  unclear, perhaps joy 72 %  sentiment +1.3  dissatisfaction 62 %, likely  [audio 60 %, video 40 %]\n',
    );
    const calm = { ...judged, emotion: { ...emotion.emotion, certain: true } };
    expect(describeEvent({ ...calm, dissatisfaction: { probability: 0.04, likely: false } })).toBe(
      '1:01  Dana  joy 72 %  sentiment +1.3  dissatisfaction 4 %  [audio 60 %, video 40 %]\n',
    );
  });

  it('says why an utterance was not scored', () => {
    const { utteranceId, startMs, endMs } = emotion;
    const range = { utteranceId, participant: dana, revision: 0, startMs, endMs };
    const message = 'The model did not answer in time.';
    expect(describeEvent({ ...envelope, ...range, type: 'utterance.failed', code: 'model-timeout', message })).toBe(
      '1:01  Dana  not scored: The model did not answer in time.\n',
    );
  });

  it('sums up at the end, and is silent about beginnings', () => {
    const ended = { type: 'session.ended', reason: 'completed', durationMs: 69_000, utteranceCount: 13 } as const;
    expect(describeEvent({ ...envelope, ...ended })).toBe('13 utterances in 1:09\n');
    const started = {
      type: 'session.started',
      startedAt: '2026-01-01T00:00:00Z',
      title: null,
      modelId: 'm@1',
    } as const;
    expect(describeEvent({ ...envelope, ...started })).toBe('');
  });
});
