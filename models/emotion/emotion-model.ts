import { allFinite } from '../all-finite.ts';
import type { ModelBundle } from '../bundle/model-bundle.ts';
import { type BundleGraphName, takes } from '../bundle/model-manifest.ts';
import { isCertain, isLikely, type OperatingPoint, shiftEmotion } from '../bundle/operating-point.ts';
import {
  AUDIO_FEATURE_COUNT,
  type AudioBaseline,
  FACE_GROUP_COUNT,
  FACE_GROUP_SIZE,
  FACE_GROUP_STRIDE,
  FACE_SIZE_PX,
  type FaceGroups,
  MAX_FACES,
  type TextTokens,
} from '../feature-tensors.ts';
import { ModelError } from '../model-error.ts';
import {
  type EmotionModel,
  type EmotionScores,
  type EncodedFaces,
  type EncodedText,
  EVIDENCE_SET_COUNT,
  type FusionInputs,
} from '../model-interfaces.ts';
import { type BatcherStats, createDynamicBatcher } from '../runtime/dynamic-batcher.ts';
import type { GraphRunner } from '../runtime/tensor.ts';
import type { Timers } from '../timers.ts';
import { allOrError, finiteRows, optionalRows } from './graph-outputs.ts';
import { stackBytes, stackFusion, stackTokens } from './tensor-batch.ts';

/** How requests of all sessions are joined into batches. A batch is for one graph. Sessions take turns by cost. */
export interface BatchingOptions {
  /** Most items of one batch. */
  readonly maxBatch: number;
  /** Highest cost of one batch. A text costs its number of tokens, ten faces cost 15. Default: no bound. */
  readonly maxBatchCost?: number;
  /** How long an idle graph waits for more items, ms. */
  readonly maxWaitMs: number;
  /** Most waiting items. One more drops the oldest of the session that has the most. */
  readonly maxQueue: number;
  /** Most waiting items per session. One more drops its oldest. Default: `maxQueue`. */
  readonly maxFlowQueue?: number;
}

export interface EmotionModelOptions extends BatchingOptions {
  readonly bundle: ModelBundle;
  /** Runs the bundle's graphs. It is closed with the model. */
  readonly runner: GraphRunner;
  /** Batches that may run at the same time: the number of the runner's threads. */
  readonly concurrency: number;
  /**
   * Runs the fusion graph on its own thread: a fusion takes a millisecond, and should not wait while a text of another
   * session is encoded. It is closed with the model. Default: `runner` runs it.
   */
  readonly fusionRunner?: GraphRunner;
  /** The operating point of the scores; null for none. Default: the bundle's first. */
  readonly operatingPoint?: OperatingPoint | null;
  readonly timers?: Timers;
}

export type EmotionModelStats = Readonly<Record<BundleGraphName, BatcherStats>>;

/** {@link EmotionModel} with its counters. Callers of its own methods share one turn. */
export interface BatchedEmotionModel extends EmotionModel {
  /** The model as one session uses it. Its requests take turns with those of other sessions. `close` closes it for all. */
  forSession(sessionId: string): EmotionModel;
  stats(): EmotionModelStats;
}

const GROUP_BYTES = FACE_GROUP_SIZE * FACE_SIZE_PX ** 2;
const FACE_BYTES = FACE_GROUP_COUNT * GROUP_BYTES;
/** Costs in tokens of text: a group of ten faces takes as long as 15 tokens, a fusion as long as 2. */
const GROUP_COST = 15;
const FUSION_COST = 2;

/**
 * The interaction model of a bundle over a graph runner. Every graph runs once before the model is returned. The
 * first utterance is then not slower than the others, and a provider that cannot compute is detected now.
 *
 * @throws ModelError `failed` when a graph cannot run
 */
export async function openEmotionModel(options: EmotionModelOptions): Promise<BatchedEmotionModel> {
  const { bundle, runner, fusionRunner, operatingPoint: chosen, ...limits } = options;
  const { manifest, tokenizer } = bundle;
  const { maxTokens, contextUtterances } = manifest.text;
  const operatingPoint = chosen === undefined ? (manifest.operatingPoints[0] ?? null) : chosen;
  const takesTypes = takes(manifest.graphs.text, 'token_type_ids');
  const takesBaseline = takes(manifest.graphs.fusion, 'audio_baseline');
  const textSize = manifest.text.embeddingSize;
  const videoSize = manifest.video.embeddingSize;
  const vocabularySize = countVocabulary(tokenizer.json);

  const batcher = createDynamicBatcher(limits);
  const fusionBatcher = fusionRunner === undefined ? batcher : createDynamicBatcher({ ...limits, concurrency: 1 });

  const encodeTexts = async (batch: readonly TextTokens[]) => {
    const feeds = stackTokens(batch, takesTypes);
    const outputs = await runner.run('text', feeds);
    const embeddings = finiteRows(outputs, 'text_embedding', batch.length, textSize);
    const weights = optionalRows(outputs, 'token_weights', batch.length, feeds.input_ids!.shape[1]!);
    return batch.map((text, row): EncodedText | Error => {
      const rows = allOrError({ embedding: embeddings[row]!, weights: weights[row]! });
      if (rows instanceof Error) return rows;
      // Removes the weights of context and of padding tokens.
      return { embedding: rows.embedding, tokenWeights: rows.weights?.slice(0, ownCountOf(text)) ?? null };
    });
  };

  const encodeFaces = async (batch: readonly FaceGroups[]) => {
    // A group without a face changes no embedding, but costs as much as one with a face.
    const most = batch.reduce((count, { faceCount }) => Math.max(count, faceCount), 0);
    const groupCount = groupsOf(most);
    const size = groupCount * GROUP_BYTES;
    const data = stackBytes(
      batch.map(({ pixels }) => pixels.subarray(0, size)),
      size,
    );
    const shape = [batch.length, groupCount, FACE_GROUP_SIZE, FACE_SIZE_PX, FACE_SIZE_PX];
    const outputs = await runner.run('video', { faces: { dtype: 'uint8', shape, data } });
    const embeddings = finiteRows(outputs, 'video_embedding', batch.length, videoSize);
    const covered = optionalRows(outputs, 'mouth_covered', batch.length, 1);
    return batch.map((_, row): EncodedFaces | Error => {
      const rows = allOrError({ embedding: embeddings[row]!, covered: covered[row]! });
      return rows instanceof Error ? rows : { embedding: rows.embedding, mouthCovered: rows.covered?.[0] ?? null };
    });
  };

  const fuseAll = async (batch: readonly FusionInputs[]) => {
    const feeds = stackFusion(batch, { textSize, videoSize, withBaseline: takesBaseline });
    const outputs = await (fusionRunner ?? runner).run('fusion', feeds);
    const emotion = finiteRows(outputs, 'emotion', batch.length, 7);
    const sentiment = finiteRows(outputs, 'sentiment', batch.length, 7);
    const contributions = finiteRows(outputs, 'contributions', batch.length, 3);
    const sets = optionalRows(outputs, 'set_contributions', batch.length, EVIDENCE_SET_COUNT);
    const dissatisfaction = optionalRows(outputs, 'dissatisfaction', batch.length, 1);
    return batch.map(({ text }, row): EmotionScores | Error => {
      const rows = allOrError({
        emotion: emotion[row]!,
        sentiment: sentiment[row]!,
        contributions: contributions[row]!,
        setContributions: sets[row]!,
        dissatisfaction: text === null ? null : dissatisfaction[row]!,
      });
      return rows instanceof Error ? rows : { ...rows, ...judge(rows, operatingPoint) };
    });
  };

  const texts = batcher.open<TextTokens, EncodedText>({
    name: 'text encoder',
    costOf: ({ ids }) => ids.length,
    runBatch: encodeTexts,
  });
  const faces = batcher.open<FaceGroups, EncodedFaces>({
    name: 'face encoder',
    costOf: ({ faceCount }) => GROUP_COST * groupsOf(faceCount),
    runBatch: encodeFaces,
  });
  const fusion = fusionBatcher.open<FusionInputs, EmotionScores>({
    name: 'fusion',
    costOf: () => FUSION_COST,
    runBatch: fuseAll,
  });

  const forSession = (sessionId: string): EmotionModel => ({
    id: `${manifest.id}@${manifest.version}`,
    tokenizer,
    languages: manifest.languages,
    maxTokens,
    contextUtterances,
    takesBaseline,
    operatingPoint: operatingPoint?.name ?? null,
    async embedText(text) {
      const { ids } = text;
      if (ids.length < 1 || ids.length > maxTokens) {
        throw new RangeError(`a text takes 1 to ${maxTokens} tokens, not ${ids.length}`);
      }
      const ownCount = ownCountOf(text);
      if (!(Number.isInteger(ownCount) && ownCount >= 1 && ownCount <= ids.length)) {
        throw new RangeError(`ownCount must be 1 to ${ids.length}, is ${ownCount}`);
      }
      if (ownCount < ids.length && !takesTypes) throw new RangeError('the text encoder takes no context');
      // One id outside the vocabulary would fail the whole batch, including texts of other sessions.
      if (!ids.every((id) => id >= 0 && id < vocabularySize)) {
        throw new RangeError(`token ids must lie in the vocabulary of ${vocabularySize}`);
      }
      return texts.submit(text, sessionId);
    },
    async embedFaces(groups) {
      checkLength('face groups', groups.pixels, FACE_BYTES);
      if (!(groups.faceCount >= 1 && groups.faceCount <= MAX_FACES)) {
        throw new RangeError(`faceCount must be 1 to ${MAX_FACES}, is ${groups.faceCount}`);
      }
      return faces.submit(groups, sessionId);
    },
    async fuse(inputs) {
      const { text, audio, video, baseline = null } = inputs;
      if (text === null && audio === null && video === null) throw new RangeError('at least one input must be present');
      checkFinite('text embedding', text, textSize);
      checkFinite('audio features', audio, AUDIO_FEATURE_COUNT);
      checkFinite('video embedding', video, videoSize);
      checkBaseline(baseline);
      return fusion.submit(inputs, sessionId);
    },
    async close() {
      await Promise.all([batcher.close(), fusionBatcher.close()]);
      await Promise.all([runner.close(), fusionRunner?.close()]);
    },
  });
  const model: BatchedEmotionModel = {
    ...forSession(''),
    forSession,
    stats: () => ({ text: texts.stats(), video: faces.stats(), fusion: fusion.stats() }),
  };
  await warmUp(model);
  return model;
}

async function warmUp(model: EmotionModel): Promise<void> {
  const { maxTokens, contextUtterances } = model;
  const ids = new Int32Array(maxTokens);
  const audio = new Float32Array(AUDIO_FEATURE_COUNT);
  const [text, video] = await Promise.all([
    model.embedText({ ids, ownCount: contextUtterances > 0 ? maxTokens - 1 : maxTokens }),
    model.embedFaces({ pixels: new Uint8Array(FACE_BYTES).fill(128), faceCount: MAX_FACES }),
  ]);
  await model.fuse({ text: text.embedding, audio, video: video.embedding, baseline: { mean: audio, utterances: 1 } });
}

function ownCountOf({ ids, ownCount = ids.length }: TextTokens): number {
  return ownCount;
}

function groupsOf(faceCount: number): number {
  return Math.ceil(faceCount / FACE_GROUP_STRIDE);
}

/** WordPiece, BPE and WordLevel keep a `token → id` object in `model.vocab`; ids may have gaps. */
function countVocabulary(tokenizerJson: object): number {
  const { model } = tokenizerJson as { readonly model?: { readonly vocab?: unknown } };
  const vocabulary = model?.vocab;
  if (typeof vocabulary !== 'object' || vocabulary === null) {
    throw ModelError.invalidBundle('The tokenizer has no vocabulary in model.vocab.');
  }
  return Object.values(vocabulary as Readonly<Record<string, number>>).reduce((size, id) => Math.max(size, id + 1), 0);
}

/** Applies the operating point to a graph's outputs. */
function judge(
  { emotion, dissatisfaction }: { readonly emotion: Float32Array; readonly dissatisfaction: Float32Array | null },
  point: OperatingPoint | null,
): Pick<EmotionScores, 'emotion' | 'certain' | 'dissatisfaction'> {
  if (point === null) return { emotion, certain: null, dissatisfaction: null };
  const shifted = shiftEmotion(emotion, point);
  const probability = dissatisfaction?.[0];
  return {
    emotion: shifted,
    certain: isCertain(shifted, point),
    dissatisfaction: probability === undefined ? null : { probability, likely: isLikely(probability, point) },
  };
}

function checkLength(what: string, data: ArrayLike<number>, size: number): void {
  if (data.length !== size) throw new RangeError(`${what} must have ${size} values, not ${data.length}`);
}

function checkFinite(what: string, data: Float32Array | null, size: number): void {
  if (data === null) return;
  checkLength(what, data, size);
  if (!allFinite(data)) throw new RangeError(`${what} must be finite`);
}

function checkBaseline(baseline: AudioBaseline | null): void {
  if (baseline === null) return;
  checkFinite('audio baseline', baseline.mean, AUDIO_FEATURE_COUNT);
  if (!(Number.isInteger(baseline.utterances) && baseline.utterances >= 1)) {
    throw new RangeError(`a baseline needs at least 1 utterance, not ${baseline.utterances}`);
  }
}
