import { setImmediate } from 'node:timers/promises';
import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../client-sdk/protocol/index.ts';
import type { FusionInputs, SessionModels, TextTokens } from '../../models/index.ts';
import { analyzeEmotion } from '../../pipeline/analyze-emotion.ts';
import type { MediaFrame } from '../../pipeline/media/media-frame.ts';
import { isEmotion } from '../support/e2e/events.ts';
import { featureNeeds } from '../support/pipeline/feature-needs.ts';
import { ALICE, BOB, bound, chunksOf, inOrder, openTrack, words } from '../support/pipeline/frames.ts';
import { languageModel } from '../support/pipeline/language-model.ts';
import { loudnessVoiceActivity, speech } from '../support/pipeline/loudness-voice-activity.ts';
import { scriptedEmotionModel } from '../support/pipeline/scripted-emotion-model.ts';
import { scriptedVoiceEncoder } from '../support/pipeline/scripted-voice-encoder.ts';
import { stoppedClock } from '../support/pipeline/stopped-clock.ts';

const NEEDS = featureNeeds({ maxTokens: 128, contextUtterances: 2, takesBaseline: true });

/** Analyses a live call whose frames come in this order; what the models were asked is remembered. */
async function analyze(frames: readonly MediaFrame[]) {
  const texts: TextTokens[] = [];
  const emotion = scriptedEmotionModel(
    {
      embedText: async (text) => {
        texts.push(text);
        return { embedding: new Float32Array(1), tokenWeights: new Float32Array(text.ownCount ?? text.ids.length) };
      },
      fuse: async ({ text, audio }: FusionInputs) => ({
        emotion: Float32Array.of(0.6, 0, 0, 0, 0.4, 0, 0),
        sentiment: Float32Array.of(1, 0, 0, 0, 0, 0, 0),
        contributions: Float32Array.of(text === null ? 0 : 1, audio === null ? 0 : 1, 0),
        setContributions: null,
        certain: true,
        dissatisfaction: text === null ? null : { probability: 0.5, likely: true },
      }),
    },
    NEEDS,
  );
  const unused = () => Promise.reject(new Error('no picture was sent'));
  const models: SessionModels = {
    emotion,
    voiceActivity: loudnessVoiceActivity(),
    voice: scriptedVoiceEncoder(),
    faces: { detect: unused, landmarks: unused },
    language: languageModel,
  };
  async function* live(): AsyncGenerator<MediaFrame> {
    for (const frame of frames) {
      yield frame;
      await setImmediate();
    }
  }
  const events: EmotionEvent[] = await lastValueFrom(
    from(live()).pipe(
      analyzeEmotion({
        session: { sessionId: 'call', title: null, startedAt: '2026-01-01T00:00:00.000Z', traceparent: '' },
        models,
        decodeImage: unused,
        clock: stoppedClock,
      }),
      toArray(),
    ),
  );
  return { emotions: events.filter(isEmotion), texts, fused: emotion.fused };
}

describe('analyzeEmotion with a model that compares voices and reads context', () => {
  it('compares a speaker with itself, beside others and after its publisher has come back', async () => {
    const { emotions, fused } = await analyze([
      openTrack('a', 'audio', ALICE),
      openTrack('b', 'audio', BOB),
      ...inOrder([...chunksOf('a', speech(300, 900, 900)), ...chunksOf('b', speech(1200, 600, 300))]),
      bound('a'),
      bound('b'),
      openTrack('a2', 'audio', ALICE, 3000),
      ...chunksOf('a2', speech(300, 900, 900, 900, 900), { startMs: 3000 }),
    ]);
    const told = emotions.map(({ participant, modalities }) => [
      participant.id,
      modalities.audio.baseline?.utterances ?? 0,
    ]);
    expect(told).toEqual([
      ['alice', 0],
      ['bob', 0],
      ['alice', 1],
      ['alice', 2],
    ]);
    expect(fused.map(({ baseline }) => baseline?.utterances ?? 0)).toEqual([0, 0, 1, 2]);
  });

  it('reads the words of both speakers before an utterance, and tells dissatisfaction with words alone', async () => {
    const { emotions, texts } = await analyze([
      openTrack('a', 'audio', ALICE),
      openTrack('t', 'transcript', ALICE),
      openTrack('u', 'transcript', BOB),
      ...chunksOf('a', speech(300, 900, 900)),
      words('t', 300, 1200, { text: 'the phone is broken again' }),
      words('u', 1300, 2000, { text: 'have you turned it off and on' }),
      ...chunksOf('a', speech(400, 900, 900), { startMs: 2100 }),
      words('t', 2500, 3400, { text: 'yes of course I have' }),
    ]);
    expect(texts.map(({ ids, ownCount = ids.length }) => [ownCount, ids.length - ownCount])).toEqual([
      [7, 0],
      [9, 6],
      [7, 14],
    ]);
    const told = emotions.map(({ revision, transcript, dissatisfaction }) => [
      revision,
      transcript?.text ?? null,
      dissatisfaction?.likely ?? null,
    ]);
    expect(told).toEqual([
      [0, null, null],
      [1, 'the phone is broken again', true],
      [0, 'have you turned it off and on', true],
      [0, null, null],
      [1, 'yes of course I have', true],
    ]);
    for (const { transcript, explanation } of emotions) {
      expect(explanation?.words.length ?? 0).toBe(transcript?.text.split(' ').length ?? 0);
    }
  });

  it('compares a revision as it compared the first score', async () => {
    const { emotions, fused } = await analyze([
      openTrack('a', 'audio', ALICE),
      openTrack('t', 'transcript', ALICE),
      ...chunksOf('a', speech(300, 900, 900, 900, 900)),
      words('t', 300, 1200, { text: 'the phone is broken again' }),
      words('t', 2100, 3000, { text: 'yes of course I have' }),
    ]);
    const told = emotions.map(({ startMs, revision, modalities }) => [
      startMs < 1000,
      revision,
      modalities.audio.baseline?.utterances ?? 0,
    ]);
    expect(told).toEqual([
      [true, 0, 0],
      [false, 0, 1],
      [true, 1, 0],
      [false, 1, 1],
    ]);
    expect(fused[3]!.baseline).toBe(fused[1]!.baseline);
  });
});
