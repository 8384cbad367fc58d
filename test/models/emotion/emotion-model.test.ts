import { describe, expect, it } from 'vitest';
import { parseModelManifest } from '../../../models/bundle/model-manifest.ts';
import { chooseOperatingPoint } from '../../../models/bundle/operating-point.ts';
import { openEmotionModel } from '../../../models/emotion/emotion-model.ts';
import type { FaceGroups } from '../../../models/feature-tensors.ts';
import type { TensorMap } from '../../../models/runtime/tensor.ts';
import { createCannedRunner } from '../../support/models/canned-runner.ts';
import { fullManifest, sampleManifest } from '../../support/models/sample-manifest.ts';

const VOCABULARY = { '[PAD]': 0, '[CLS]': 101, '[SEP]': 102, last: 999 };
const WARM_UP_RUNS = 3;

async function open(
  value: (graph: string, row: number, feeds: TensorMap) => number,
  {
    maxQueue = 8,
    vocab = VOCABULARY as object | null,
    explains = false,
    manifest = sampleManifest() as object,
    point = undefined as string | undefined,
    answers = (_: TensorMap): Readonly<Record<string, number[]>> => ({}),
  } = {},
) {
  const parsed = parseModelManifest(manifest);
  const runner = createCannedRunner(value, explains, answers);
  const model = await openEmotionModel({
    bundle: {
      manifest: parsed,
      tokenizer: { json: { model: { vocab } }, config: {} },
      graphFiles: () => ({ text: '', video: '', fusion: '' }),
    },
    runner,
    operatingPoint: chooseOperatingPoint(parsed.operatingPoints, point),
    concurrency: 1,
    maxBatch: 4,
    maxWaitMs: 0,
    maxQueue,
  });
  return { model, runner, runs: () => runner.runs.slice(WARM_UP_RUNS) };
}

function text(...ids: number[]) {
  return { ids: Int32Array.from(ids) };
}

function faces(faceCount = 1, size = 5 * 10 * 64 * 64): FaceGroups {
  return { pixels: new Uint8Array(size), faceCount };
}

describe('openEmotionModel', () => {
  it('runs every graph once before it is ready', async () => {
    const { model, runner } = await open(() => 1);
    expect(runner.runs.map(({ graph }) => graph).sort()).toEqual(['fusion', 'text', 'video']);
    expect(model.id).toBe('sample@1.2.3');
  });

  it('does not open over graphs that give no finite numbers', async () => {
    await expect(open(() => Number.NaN)).rejects.toMatchObject({ code: 'failed' });
  });

  it('does not open over a tokenizer without a vocabulary', async () => {
    await expect(open(() => 1, { vocab: null })).rejects.toMatchObject({ code: 'invalid-bundle' });
  });

  it('joins texts of several callers into one padded batch', async () => {
    const { model, runs } = await open((_, row) => row);
    const embeddings = await Promise.all([model.embedText(text(101, 7, 102)), model.embedText(text(101, 102))]);
    expect(embeddings.map(({ embedding }) => embedding[0])).toEqual([0, 1]);
    expect(runs().map(({ feeds }) => feeds.input_ids?.shape)).toEqual([[2, 3]]);
  });

  it('tells nothing about tokens, mouths and sets where the bundle does not', async () => {
    const { model } = await open(() => 1);
    expect(await model.embedText(text(101, 102))).toMatchObject({ tokenWeights: null });
    expect(await model.embedFaces(faces())).toMatchObject({ mouthCovered: null });
    expect(await model.fuse({ text: new Float32Array(8), audio: null, video: null })).toMatchObject({
      setContributions: null,
      certain: null,
      dissatisfaction: null,
    });
  });

  it('asks for neither context nor a baseline where the bundle takes none, and gives its graphs none', async () => {
    const { model, runs } = await open(() => 1);
    expect(model).toMatchObject({ maxTokens: 50, contextUtterances: 0, takesBaseline: false, operatingPoint: null });
    const context = { ids: Int32Array.of(101, 102, 7, 102), ownCount: 2 };
    await expect(model.embedText(context)).rejects.toThrow('takes no context');
    const baseline = { mean: new Float32Array(896), utterances: 1 };
    await model.fuse({ text: null, audio: new Float32Array(896), video: null, baseline });
    expect(Object.keys(runs()[0]!.feeds)).not.toContain('audio_baseline');
  });

  it('gives a text the weights of its own tokens, without the padding of its batch', async () => {
    const { model } = await open((_, row) => row, { explains: true });
    const [long, short] = await Promise.all([model.embedText(text(101, 7, 102)), model.embedText(text(101, 102))]);
    expect(long?.tokenWeights).toEqual(Float32Array.of(0, 0, 0));
    expect(short?.tokenWeights).toEqual(Float32Array.of(1, 1));
    const scores = await model.fuse({ text: new Float32Array(8), audio: null, video: null });
    expect(scores.setContributions).toEqual(new Float32Array(10));
  });

  it('fails only the item whose weights are not finite', async () => {
    const value = (_: string, row: number, feeds: TensorMap) => (feeds.input_ids?.shape[0] === 2 ? row / row : 1);
    const { model } = await open(value, { explains: true });
    const results = await Promise.allSettled([model.embedText(text(101, 102)), model.embedText(text(101, 102))]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('tells the fusion which inputs are present and makes the others zeros', async () => {
    const { model, runs } = await open(() => 1);
    await Promise.all([
      model.fuse({ text: new Float32Array(8).fill(2), audio: null, video: null }),
      model.fuse({ text: null, audio: new Float32Array(896).fill(3), video: new Float32Array(4).fill(4) }),
    ]);
    const feeds = runs()[0]?.feeds;
    expect(feeds?.present?.data).toEqual(Float32Array.of(1, 0, 0, 0, 1, 1));
    expect(feeds?.text_embedding?.data).toEqual(Float32Array.from([...Array(8).fill(2), ...Array(8).fill(0)]));
    expect(feeds?.video_embedding?.data).toEqual(Float32Array.of(0, 0, 0, 0, 4, 4, 4, 4));
  });

  it('fails only the item whose output is not finite', async () => {
    const { model } = await open((_, row, feeds) => (feeds.input_ids?.shape[0] === 2 && row === 1 ? Infinity : 1));
    const results = await Promise.allSettled([model.embedText(text(101, 102)), model.embedText(text(101, 7, 102))]);
    expect(results[0]?.status).toBe('fulfilled');
    expect(results[1]).toMatchObject({
      reason: { code: 'failed', message: 'The output text_embedding is not finite.' },
    });
  });

  it.each([
    ['no token', text()],
    ['51 tokens', { ids: new Int32Array(51) }],
    ['a token outside the vocabulary', text(101, 1000, 102)],
    ['a negative token', text(-1)],
  ])('refuses a text of %s before it can fail a batch', async (_, tokens) => {
    const { model, runs } = await open(() => 1);
    await expect(model.embedText(tokens)).rejects.toThrow(RangeError);
    expect(runs()).toEqual([]);
  });

  it.each([
    [[1], 1],
    [[5], 1],
    [[6, 2], 2],
    [[25, 1], 5],
  ])('encodes batches of %j faces without the groups that none of them fills', async (counts, groupCount) => {
    const { model, runs } = await open((_, row) => row);
    await Promise.all(counts.map((count) => model.embedFaces(faces(count))));
    expect(runs().map(({ feeds }) => feeds.faces?.shape)).toEqual([[counts.length, groupCount, 10, 64, 64]]);
    expect(runs()[0]!.feeds.faces!.data).toHaveLength(counts.length * groupCount * 10 * 64 * 64);
  });

  it.each([
    ['too few pixels', faces(1, 64)],
    ['no face', faces(0)],
    ['26 faces', faces(26)],
  ])('refuses faces with %s', async (_, groups) => {
    const { model } = await open(() => 1);
    await expect(model.embedFaces(groups)).rejects.toThrow(RangeError);
  });

  it.each([
    ['without any input', { text: null, audio: null, video: null }],
    ['of too few audio features', { text: null, audio: new Float32Array(40), video: null }],
    ['of NaN', { text: null, audio: new Float32Array(896).fill(Number.NaN), video: null }],
  ])('refuses a fusion %s', async (_, inputs) => {
    const { model } = await open(() => 1);
    await expect(model.fuse(inputs)).rejects.toThrow(RangeError);
  });

  it('drops the oldest text of a full queue and counts it', async () => {
    const { model } = await open(() => 1, { maxQueue: 2 });
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map(() => model.embedText(text(101, 102))));
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, true, false, true, true]);
    expect(results[2]).toMatchObject({ reason: { code: 'overloaded' } });
    expect(model.stats().text.dropped).toEqual({ 'flow-full': 1, 'queue-full': 0 });
  });

  it('takes nothing more once it is closed', async () => {
    const { model } = await open(() => 1);
    await model.close();
    await expect(model.embedText(text(101, 102))).rejects.toMatchObject({ code: 'closed' });
  });
});

/** Answers anger .55, neutral .45, and dissatisfaction .5. */
function answers(feeds: TensorMap): Record<string, number[]> {
  const rows = feeds.present?.shape[0] ?? 0;
  const emotion = [0.55, 0, 0, 0, 0.45, 0, 0];
  return {
    emotion: Array.from({ length: rows }, () => emotion).flat(),
    dissatisfaction: Array.from({ length: rows }, () => 0.5),
  };
}

describe('openEmotionModel over a bundle with everything that it may have', () => {
  const manifest = fullManifest();
  const spoken = new Float32Array(8);

  it('tells what the features must be like, and follows the first operating point', async () => {
    const { model } = await open(() => 1, { manifest, explains: true });
    expect(model).toMatchObject({ maxTokens: 128, contextUtterances: 2, takesBaseline: true });
    expect(model.operatingPoint).toBe('balanced');
    expect(model.forSession('call').operatingPoint).toBe('balanced');
  });

  it('runs texts with and without context in one batch, each with its types', async () => {
    const { model, runs } = await open((_, row) => row, { manifest, explains: true });
    const both = [{ ids: Int32Array.of(101, 7, 102, 8, 102), ownCount: 3 }, { ids: Int32Array.of(101, 102) }] as const;
    const [withContext, alone] = await Promise.all(both.map((tokens) => model.embedText(tokens)));
    expect(runs()).toHaveLength(1);
    expect(runs()[0]!.feeds.token_type_ids!.data).toEqual(BigInt64Array.of(0n, 0n, 0n, 1n, 1n, 0n, 0n, 0n, 0n, 0n));
    expect(withContext!.tokenWeights).toHaveLength(3);
    expect(alone!.tokenWeights).toHaveLength(2);
  });

  it('tells of each utterance how probable it is that its mouths are covered', async () => {
    const { model, runs } = await open(() => 1, {
      manifest,
      explains: true,
      answers: ({ faces }) => (faces?.shape[0] === 2 ? { mouth_covered: [0.75, 0.25] } : {}),
    });
    const both = await Promise.all([model.embedFaces(faces(1)), model.embedFaces(faces(7))]);
    expect(runs()).toHaveLength(1);
    expect(both.map(({ mouthCovered }) => mouthCovered)).toEqual([0.75, 0.25]);
    expect(both[0]!.embedding).toEqual(new Float32Array(4).fill(1));
  });

  it('fails only the faces of which it is no number whether their mouths are covered', async () => {
    const { model } = await open(() => 1, {
      manifest,
      explains: true,
      answers: ({ faces }) => (faces?.shape[0] === 2 ? { mouth_covered: [Number.NaN, 0] } : {}),
    });
    const [broken, whole] = await Promise.allSettled([model.embedFaces(faces()), model.embedFaces(faces())]);
    expect(broken).toMatchObject({ reason: { code: 'failed', message: 'The output mouth_covered is not finite.' } });
    expect(whole).toMatchObject({ value: { mouthCovered: 0 } });
  });

  it('takes texts of up to 128 tokens', async () => {
    const { model } = await open(() => 1, { manifest, explains: true });
    expect((await model.embedText({ ids: new Int32Array(128) })).tokenWeights).toHaveLength(128);
    await expect(model.embedText({ ids: new Int32Array(129) })).rejects.toThrow('1 to 128 tokens, not 129');
  });

  it.each([0, 4, 1.5, -1])('refuses a text of 3 tokens, %s of them its own', async (ownCount) => {
    const { model, runs } = await open(() => 1, { manifest, explains: true });
    const tokens = { ids: Int32Array.of(101, 7, 102), ownCount };
    await expect(model.embedText(tokens)).rejects.toThrow('ownCount must be 1 to 3');
    expect(runs()).toEqual([]);
  });

  it('gives the fusion what each voice is compared with', async () => {
    const { model, runs } = await open(() => 1, { manifest, explains: true });
    const audio = new Float32Array(896).fill(3);
    const baseline = { mean: new Float32Array(896).fill(2), utterances: 4 };
    await Promise.all([
      model.fuse({ text: null, audio, video: null, baseline }),
      model.fuse({ text: null, audio, video: null }),
    ]);
    expect(runs()[0]!.feeds.baseline_utterances!.data).toEqual(Float32Array.of(4, 0));
    expect(runs()[0]!.feeds.audio_baseline!.data.slice(895, 897)).toEqual(Float32Array.of(2, 0));
  });

  it.each([
    ['too few features', { mean: new Float32Array(128), utterances: 1 }],
    ['features that are not finite', { mean: new Float32Array(896).fill(Number.NaN), utterances: 1 }],
    ['no utterance', { mean: new Float32Array(896), utterances: 0 }],
    ['half an utterance', { mean: new Float32Array(896), utterances: 1.5 }],
  ])('refuses a baseline of %s', async (_, baseline) => {
    const { model } = await open(() => 1, { manifest, explains: true });
    const fusing = model.fuse({ text: null, audio: new Float32Array(896), video: null, baseline });
    await expect(fusing).rejects.toThrow(RangeError);
  });

  it('says whether its answer is certain and dissatisfaction likely, by the operating point', async () => {
    const balanced = await open(() => 1, { manifest, explains: true, answers });
    const scores = await balanced.model.fuse({ text: spoken, audio: null, video: null });
    expect(scores).toMatchObject({ certain: true, dissatisfaction: { probability: 0.5, likely: true } });
    expect(scores.emotion).toEqual(Float32Array.of(0.55, 0, 0, 0, 0.45, 0, 0));

    const mostRight = await open(() => 1, { manifest, explains: true, answers, point: 'most-right' });
    const shifted = await mostRight.model.fuse({ text: spoken, audio: null, video: null });
    expect(shifted).toMatchObject({ certain: true, dissatisfaction: { probability: 0.5, likely: false } });
    // The odds of 0.55 to 0.45 change by the offsets' difference of 0.7.
    expect(shifted.emotion[4]! / shifted.emotion[0]!).toBeCloseTo((0.45 / 0.55) * Math.exp(0.7), 4);
  });

  it('tells no dissatisfaction without words', async () => {
    const { model } = await open(() => 1, { manifest, explains: true, answers });
    const inputs = [
      { text: null, audio: new Float32Array(896), video: null },
      { text: spoken, audio: null, video: null },
    ];
    const [silent, said] = await Promise.all(inputs.map((input) => model.fuse(input)));
    expect(silent!.dissatisfaction).toBeNull();
    expect(said!.dissatisfaction).not.toBeNull();
  });

  it('tells neither without an operating point', async () => {
    const { operatingPoints: _, ...unthresholded } = fullManifest();
    const { model } = await open(() => 1, { manifest: unthresholded, explains: true, answers });
    const scores = await model.fuse({ text: spoken, audio: null, video: null });
    expect(scores).toMatchObject({ certain: null, dissatisfaction: null });
  });
});
