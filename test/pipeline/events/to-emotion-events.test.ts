import { firstValueFrom, from, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { EMOTION_LABELS, type EmotionEvent, parseEmotionEvent } from '../../../client-sdk/protocol/index.ts';
import { toEmotionEvents } from '../../../pipeline/events/to-emotion-events.ts';
import type { ScoreSignal } from '../../../pipeline/inference/utterance-scores.ts';
import { systemClock } from '../../../pipeline/media/clock.ts';
import { DANA, features, utterance } from '../../support/pipeline/utterances.ts';

const session = {
  sessionId: 'call-1',
  title: 'A call',
  startedAt: '2026-01-02T03:04:05.000Z',
  traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
};

function events(signals: readonly ScoreSignal[], nowMs = 0): Promise<EmotionEvent[]> {
  const clock = { ...systemClock, now: () => nowMs };
  const ending = () => ({ reason: 'completed' as const, durationMs: 9000 });
  return firstValueFrom(from(signals).pipe(toEmotionEvents({ session, modelId: 'm@1', clock, ending }), toArray()));
}

const scores = {
  emotion: Float32Array.of(0.7, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05),
  sentiment: Float32Array.of(0.5, 0.5, 0, 0, 0, 0, 0),
  contributions: Float32Array.of(0, 1, 0),
  setContributions: null,
  certain: null,
  dissatisfaction: null,
};

describe('toEmotionEvents', () => {
  it('frames a session without utterances by its start and its end', async () => {
    expect(await events([])).toEqual([
      {
        type: 'session.started',
        sessionId: 'call-1',
        sequence: 1,
        mediaTimeMs: 0,
        startedAt: session.startedAt,
        title: 'A call',
        modelId: 'm@1',
        traceparent: session.traceparent,
      },
      {
        type: 'session.ended',
        sessionId: 'call-1',
        sequence: 2,
        mediaTimeMs: 9000,
        reason: 'completed',
        durationMs: 9000,
        utteranceCount: 0,
        traceparent: session.traceparent,
      },
    ]);
  });

  it('numbers all events without a gap and counts an utterance once, however often it is revised', async () => {
    const all = await events([
      { kind: 'opened', utteranceId: 'dana-1000', participant: DANA, startMs: 1000 },
      { kind: 'scored', features: features(), scores, tokenWeights: null },
      { kind: 'scored', features: features({ revision: 1 }), scores, tokenWeights: null },
      {
        kind: 'not-scored',
        utterance: utterance(5000, 6000),
        revision: 0,
        text: null,
        code: 'model-failed',
        stage: 'inference',
        message: 'x',
      },
    ]);
    expect(all.map((event) => event.sequence)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(all.map((event) => event.type)).toEqual([
      'session.started',
      'utterance.started',
      'utterance.emotion',
      'utterance.emotion',
      'utterance.failed',
      'session.ended',
    ]);
    expect(all.at(-1)).toMatchObject({ utteranceCount: 2 });
  });

  it('tells the label, the whole distribution, the expected sentiment and where the evidence came from', async () => {
    const [, event] = await events(
      [{ kind: 'scored', features: features({ text: 'so angry', causedAtMs: 100 }), scores, tokenWeights: null }],
      142.06,
    );
    expect(event).toMatchObject({
      type: 'utterance.emotion',
      utteranceId: 'dana-1000',
      participant: DANA,
      revision: 0,
      startMs: 1000,
      endMs: 3000,
      endedBy: 'silence',
      emotion: { label: 'anger', confidence: 0.7 },
      sentiment: { score: -2.5 },
      modalities: {
        text: { state: 'late', contribution: 0, quality: null },
        audio: { state: 'ok', contribution: 1, quality: 0.88 },
        video: { state: 'absent', contribution: 0, quality: null },
      },
      transcript: { text: 'so angry' },
      latencyMs: 42.1,
    });
    if (event?.type !== 'utterance.emotion') throw new Error('expected an emotion');
    expect(Object.keys(event.emotion.probabilities)).toEqual([...EMOTION_LABELS]);
  });

  it('tells whether the answer is certain, dissatisfaction, and what the voice was compared with', async () => {
    const { conditions } = features();
    const audio = { ...conditions.audio, baselineUtterances: 4 };
    const compared = features({ text: 'so angry', conditions: { ...conditions, audio } });
    const dissatisfaction = { probability: Math.fround(0.41237), likely: true };
    const told = { ...scores, certain: false, dissatisfaction };
    const [, event] = await events([{ kind: 'scored', features: compared, scores: told, tokenWeights: null }]);
    expect(event).toMatchObject({
      emotion: { label: 'anger', certain: false },
      dissatisfaction: { probability: 0.4124, likely: true },
      modalities: { audio: { state: 'ok', baseline: { utterances: 4 } } },
    });
    expect(parseEmotionEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
  });

  it('leaves all of that out where the model does not tell it', async () => {
    const [, event] = await events([{ kind: 'scored', features: features(), scores, tokenWeights: null }]);
    if (event?.type !== 'utterance.emotion') throw new Error('expected an emotion');
    expect(event).not.toHaveProperty('dissatisfaction');
    expect(event.emotion).not.toHaveProperty('certain');
    expect(event.modalities.audio).not.toHaveProperty('baseline');
  });

  it('tells words that did not count, and why they did not', async () => {
    const text = { state: 'absent', quality: null, reason: 'unsupported-language' } as const;
    const said = features({ text: 'das stimmt', conditions: { ...features().conditions, text } });
    const code = 'unsupported-language';
    const all = await events([
      { kind: 'scored', features: said, scores, tokenWeights: null },
      {
        kind: 'not-scored',
        utterance: utterance(5000, 6000),
        revision: 0,
        text: 'das stimmt',
        code,
        stage: 'features',
        message: 'x',
      },
    ]);
    expect(all[1]).toMatchObject({
      modalities: { text: { state: 'absent', contribution: 0, quality: null, reason: 'unsupported-language' } },
      transcript: { text: 'das stimmt' },
    });
    expect(all[2]).toMatchObject({
      type: 'utterance.failed',
      code,
      stage: 'features',
      transcript: { text: 'das stimmt' },
    });
  });

  it('tells a face whose mouth is covered, and what it gave to the result', async () => {
    const video = { state: 'noisy', quality: 0.9, reason: 'mouth-covered' } as const;
    const seen = features({ conditions: { ...features().conditions, video } });
    const contributions = Float32Array.of(0, 0.75, 0.25);
    const [, event] = await events([
      { kind: 'scored', features: seen, scores: { ...scores, contributions }, tokenWeights: null },
    ]);
    expect(event).toHaveProperty('modalities.video', { ...video, contribution: 0.25 });
    expect(parseEmotionEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
  });

  it('starts anew for each subscriber', async () => {
    const stream = from([]).pipe(
      toEmotionEvents({
        session,
        modelId: 'm@1',
        clock: systemClock,
        ending: () => ({ reason: 'idle', durationMs: 0 }),
      }),
      toArray(),
    );
    expect(await firstValueFrom(stream)).toEqual(await firstValueFrom(stream));
  });
});
