import { firstValueFrom, from, of, toArray, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { FeatureSignal, UtteranceFeatures } from '../../../pipeline/features/utterance-features.ts';
import { WordsError } from '../../../pipeline/features/words-error.ts';
import { scoreUtterances } from '../../../pipeline/inference/score-utterances.ts';
import type { ScoreSignal } from '../../../pipeline/inference/utterance-scores.ts';
import { systemClock } from '../../../pipeline/media/clock.ts';
import { type ScriptedEmotionModel, scriptedEmotionModel } from '../../support/pipeline/scripted-emotion-model.ts';
import { DANA, features, utterance } from '../../support/pipeline/utterances.ts';

function score(model: ScriptedEmotionModel, signals: readonly FeatureSignal[]): Promise<ScoreSignal[]> {
  return firstValueFrom(from(signals).pipe(scoreUtterances({ model, clock: systemClock }), toArray()));
}

const face = { pixels: new Uint8Array(5 * 10 * 64 * 64), faceCount: 3 };
const words: Partial<UtteranceFeatures> = {
  revision: 1,
  tensors: { text: { ids: Int32Array.of(101, 7592, 102) }, audio: new Float32Array(896), video: face, baseline: null },
};

describe('scoreUtterances', () => {
  it('fuses what is there and passes null for what is missing', async () => {
    const model = scriptedEmotionModel();
    await score(model, [features(), features(words)]);
    expect(
      model.fused.map((inputs) => [inputs.text?.[0] ?? null, inputs.audio?.length ?? null, inputs.video?.[0] ?? null]),
    ).toEqual([
      [null, 896, null],
      [3, 896, 3],
    ]);
  });

  it('gives the fusion what the voice is compared with, in a revision too', async () => {
    const model = scriptedEmotionModel();
    const baseline = { mean: new Float32Array(896).fill(1), utterances: 3 };
    const compared = { ...words, tensors: { ...words.tensors!, baseline } };
    await score(model, [features({ ...compared, revision: 0 }), features(compared), features()]);
    expect(model.fused.map((inputs) => inputs.baseline)).toEqual([baseline, baseline, null]);
  });

  it("hands the text encoder's weights on with the scores, and null without words", async () => {
    const tokenWeights = Float32Array.of(0, 1, 0);
    const model = scriptedEmotionModel({ embedText: async () => ({ embedding: new Float32Array(1), tokenWeights }) });
    const signals = await score(model, [features(), features(words)]);
    expect(signals).toMatchObject([{ tokenWeights: null }, { tokenWeights }]);
  });

  it('encodes the same faces once, however often the words are revised', async () => {
    const model = scriptedEmotionModel();
    await score(model, [features({ ...words, revision: 0 }), features(words), features({ ...words, revision: 2 })]);
    expect(model.facesEncoded).toBe(1);
  });

  describe('of faces', () => {
    const ok = { ...features().conditions, video: { state: 'ok', quality: 0.9 } } as const;
    const noisy = { ...ok, video: { state: 'noisy', quality: 0.2 } } as const;
    const covered = (mouthCovered: number | null) =>
      scriptedEmotionModel({ embedFaces: async () => ({ embedding: Float32Array.of(7), mouthCovered }) });
    const videoOf = (signal: ScoreSignal | undefined) => {
      if (signal?.kind !== 'scored') throw new TypeError('expected scores');
      return signal.features.conditions.video;
    };

    it.each([
      [0.5, ok, { state: 'noisy', quality: 0.9, reason: 'mouth-covered' }],
      [1, noisy, { state: 'noisy', quality: 0.2, reason: 'mouth-covered' }],
      [0.49, ok, ok.video],
      [0, noisy, noisy.video],
      [null, ok, ok.video],
    ])(
      'that cover their mouths with a probability of %s, tells whether they are noisy',
      async (p, conditions, told) => {
        const model = covered(p);
        const [signal] = await score(model, [features({ ...words, conditions })]);
        expect(videoOf(signal)).toEqual(told);
        expect(model.fused[0]!.video).toEqual(Float32Array.of(7));
      },
    );

    it('whose mouths are covered, says so of every revision, and of no other utterance', async () => {
      const model = covered(0.9);
      const signals = await score(model, [
        features({ ...words, conditions: ok, revision: 0 }),
        features({ ...words, conditions: ok }),
        features({ utterance: utterance(4000, 5000) }),
      ]);
      expect(signals.map((signal) => videoOf(signal).reason)).toEqual(['mouth-covered', 'mouth-covered', undefined]);
      expect(model.facesEncoded).toBe(1);
    });
  });

  it('makes a failure a value, and goes on', async () => {
    let calls = 0;
    const model = scriptedEmotionModel({
      fuse: async () => {
        calls++;
        if (calls === 1) throw Object.assign(new Error('secret words'), { code: 'overloaded' });
        if (calls === 2) throw new Error('broken');
        const [emotion, sentiment, contributions] = [7, 7, 3].map((size) => new Float32Array(size));
        const untold = { setContributions: null, certain: null, dissatisfaction: null };
        return { emotion: emotion!, sentiment: sentiment!, contributions: contributions!, ...untold };
      },
    });
    const signals = await score(model, [
      features(),
      features({ utterance: utterance(4000, 5000) }),
      { kind: 'features-failed', utterance: utterance(6000, 7000), revision: 0, cause: new Error('unmeasured') },
      features({ utterance: utterance(8000, 9000) }),
    ]);
    expect(signals.map((s) => (s.kind === 'not-scored' ? s.code : s.kind))).toEqual([
      'model-overloaded',
      'model-failed',
      'features-failed',
      'scored',
    ]);
    expect(JSON.stringify(signals)).not.toContain('secret');
    expect(signals.map((s) => (s.kind === 'not-scored' ? s.stage : null))).toEqual([
      'inference',
      'inference',
      'features',
      null,
    ]);
    const causes = signals.map((s) => (s.kind === 'not-scored' ? (s.cause as Error).message : null));
    expect(causes).toEqual(['secret words', 'broken', 'unmeasured', null]);
  });

  it.each([
    ['embedText', { embedText: () => Promise.reject(new Error('no text')) }, 'no text'],
    ['embedFaces', { embedFaces: () => Promise.reject(new Error('no faces')) }, 'no faces'],
    ['fuse', { fuse: () => Promise.reject(new Error('no fusion')) }, 'no fusion'],
    [
      'fuse at once',
      {
        fuse: () => {
          throw new TypeError('no function');
        },
      },
      'no function',
    ],
  ])('keeps the cause where %s fails', async (_, answers, message) => {
    const [signal] = await score(scriptedEmotionModel(answers), [features(words)]);
    expect(signal).toMatchObject({ kind: 'not-scored', code: 'model-failed', stage: 'inference', cause: { message } });
  });

  it.each([null, undefined, 'a text'])('takes %s where a model throws it', async (thrown) => {
    const [signal] = await score(scriptedEmotionModel({ fuse: () => Promise.reject(thrown) }), [features()]);
    expect(signal).toMatchObject({ kind: 'not-scored', code: 'model-failed', cause: thrown });
  });

  it('marks a cause that quotes the words of the utterance', async () => {
    const model = scriptedEmotionModel({ fuse: () => Promise.reject(new Error('cannot read: das stimmt')) });
    const [signal] = await score(model, [features({ text: 'das stimmt' })]);
    expect(signal).toMatchObject({ kind: 'not-scored', cause: expect.any(WordsError) });
  });

  it('says so when an utterance holds nothing to score', async () => {
    const model = scriptedEmotionModel();
    const [signal] = await score(model, [
      features({ tensors: { text: null, audio: null, video: null, baseline: null } }),
    ]);
    expect(signal).toMatchObject({ kind: 'not-scored', code: 'no-signal' });
    expect(model.fused).toHaveLength(0);
  });

  it('says so, with the words, when they are all there is and in a language that is not read', async () => {
    const text = { state: 'absent', quality: null, reason: 'unsupported-language' } as const;
    const silent = { text: null, audio: null, video: null, baseline: null };
    const { conditions } = features();
    const said = features({ text: 'das stimmt', tensors: silent, conditions: { ...conditions, text } });
    const [signal] = await score(scriptedEmotionModel(), [said]);
    expect(signal).toMatchObject({ kind: 'not-scored', code: 'unsupported-language', text: 'das stimmt' });
  });

  it('fuses without the words where they are in a language that is not read', async () => {
    const model = scriptedEmotionModel();
    const text = { state: 'absent', quality: null, reason: 'unsupported-language' } as const;
    const { conditions } = features();
    await score(model, [features({ text: 'das stimmt', conditions: { ...conditions, text } })]);
    expect(model.fused).toMatchObject([{ text: null, audio: expect.any(Float32Array), video: null }]);
  });

  it('gives up on a model that does not answer', async () => {
    const scheduler = new VirtualTimeScheduler();
    const model = scriptedEmotionModel({ fuse: () => new Promise(() => {}) });
    const clock = { now: () => scheduler.now(), scheduler };
    const result = firstValueFrom(of(features()).pipe(scoreUtterances({ model, clock })));
    scheduler.flush();
    await expect(result).resolves.toMatchObject({
      kind: 'not-scored',
      code: 'model-timeout',
      cause: { message: expect.stringContaining('10000 ms') },
    });
    expect(scheduler.now()).toBe(10_000);
  });

  it('keeps the order of the decisions when a later utterance is scored first', async () => {
    const model = scriptedEmotionModel({
      embedFaces: () =>
        new Promise((resolve) => setTimeout(() => resolve({ embedding: new Float32Array(1), mouthCovered: null }), 20)),
    });
    const signals = await score(model, [
      features({ tensors: { text: null, audio: null, video: face, baseline: null } }),
      { kind: 'opened', utteranceId: 'dana-4000', participant: DANA, startMs: 4000 },
      features({ utterance: utterance(4000, 5000) }),
    ]);
    expect(signals.map((s) => (s.kind === 'scored' ? s.features.utterance.id : s.kind))).toEqual([
      'dana-1000',
      'opened',
      'dana-4000',
    ]);
  });
});
