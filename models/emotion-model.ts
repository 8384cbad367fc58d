import { type BatcherStats, createDynamicBatcher } from './dynamic-batcher.ts';
import {
  AUDIO_FEATURE_COUNT,
  FACE_GROUP_COUNT,
  FACE_GROUP_SIZE,
  FACE_GROUP_STRIDE,
  FACE_SIZE_PX,
  type FaceGroups,
  MAX_FACES,
  MAX_TOKENS,
  type TextTokens,
} from './feature-tensors.ts';
import type { ModelBundle } from './model-bundle.ts';
import { ModelError } from './model-error.ts';
import {
  type EmotionModel,
  type EmotionScores,
  type EncodedText,
  EVIDENCE_SET_COUNT,
  type FusionInputs,
} from './model-interfaces.ts';
import type { BundleGraphName } from './model-manifest.ts';
import type { GraphRunner, TensorMap } from './tensor.ts';
import { stackBytes, stackRows, stackTokens, unstackRows } from './tensor-batch.ts';
import type { Timers } from './timers.ts';

/** How utterances of all sessions are joined into batches. A batch is of one graph; sessions take turns by cost. */
export interface BatchingOptions {
  /** Items of one batch at most. */
  readonly maxBatch: number;
  /** Cost of one batch at most: a text's cost is its tokens, that of ten faces 15. Default: no bound. */
  readonly maxBatchCost?: number;
  /** How long an idle graph waits for more items, ms. */
  readonly maxWaitMs: number;
  /** Waiting items at most; one more drops the oldest of the session that has the most. */
  readonly maxQueue: number;
  /** Waiting items of one session at most; one more drops its oldest. Default: `maxQueue`. */
  readonly maxFlowQueue?: number;
}

export interface EmotionModelOptions extends BatchingOptions {
  readonly bundle: ModelBundle;
  /** Holds the bundle's graphs; closed with the model. */
  readonly runner: GraphRunner;
  /** Batches that may run at the same time: the number of the runner's threads. */
  readonly concurrency: number;
  /**
   * Holds the fusion graph, on a thread of its own: a fusion takes a millisecond, and need not wait for a text of
   * another session that is being encoded. Closed with the model. Default: `runner` holds it.
   */
  readonly fusionRunner?: GraphRunner;
  readonly timers?: Timers;
}

export type EmotionModelStats = Readonly<Record<BundleGraphName, BatcherStats>>;

/** {@link EmotionModel} with its counters. Its own methods serve callers that share one turn. */
export interface BatchedEmotionModel extends EmotionModel {
  /** The same model, used by one session: its requests take turns with those of other sessions. `close` closes it for all. */
  forSession(sessionId: string): EmotionModel;
  stats(): EmotionModelStats;
}

const GROUP_BYTES = FACE_GROUP_SIZE * FACE_SIZE_PX ** 2;
const FACE_BYTES = FACE_GROUP_COUNT * GROUP_BYTES;
/** Costs are in tokens of text: a group of ten faces takes as long as 15 of them, a fusion as long as 2. */
const GROUP_COST = 15;
const FUSION_COST = 2;

/**
 * The interaction model of a bundle over a graph runner. Every graph runs once before the model is returned, so that
 * the first utterance is not slower than the others and a provider that cannot compute is found out now.
 *
 * @throws ModelError `failed` when a graph cannot run
 */
export async function openEmotionModel(options: EmotionModelOptions): Promise<BatchedEmotionModel> {
  const { bundle, runner, fusionRunner, ...limits } = options;
  const { manifest, tokenizer } = bundle;
  const textSize = manifest.text.embeddingSize;
  const videoSize = manifest.video.embeddingSize;
  const vocabularySize = countVocabulary(tokenizer.json);

  const batcher = createDynamicBatcher(limits);
  const fusionBatcher = fusionRunner === undefined ? batcher : createDynamicBatcher({ ...limits, concurrency: 1 });

  const encodeTexts = async (batch: readonly TextTokens[]) => {
    const feeds = stackTokens(batch);
    const outputs = await runner.run('text', feeds);
    const embeddings = finiteRows(outputs, 'text_embedding', batch.length, textSize);
    const weights = optionalRows(outputs, 'token_weights', batch.length, feeds.input_ids!.shape[1]!);
    return batch.map(({ ids }, row) => encodedTextOf(embeddings[row]!, weights[row]!, ids.length));
  };

  const encodeFaces = async (batch: readonly FaceGroups[]) => {
    // A group that holds no face changes no embedding, and costs as much as one that does.
    const most = batch.reduce((count, { faceCount }) => Math.max(count, faceCount), 0);
    const groupCount = groupsOf(most);
    const size = groupCount * GROUP_BYTES;
    const data = stackBytes(
      batch.map(({ pixels }) => pixels.subarray(0, size)),
      size,
    );
    const shape = [batch.length, groupCount, FACE_GROUP_SIZE, FACE_SIZE_PX, FACE_SIZE_PX];
    const outputs = await runner.run('video', { faces: { dtype: 'uint8', shape, data } });
    return finiteRows(outputs, 'video_embedding', batch.length, videoSize);
  };

  const fuseAll = async (batch: readonly FusionInputs[]) => {
    const present = Float32Array.from(batch.flatMap(({ text, audio, video }) => [text, audio, video].map(isPresent)));
    const float = (rows: readonly (Float32Array | null)[], size: number) =>
      ({ dtype: 'float32', shape: [rows.length, size], data: stackRows(rows, size) }) as const;
    const outputs = await (fusionRunner ?? runner).run('fusion', {
      text_embedding: float(
        batch.map(({ text }) => text),
        textSize,
      ),
      audio_features: float(
        batch.map(({ audio }) => audio),
        AUDIO_FEATURE_COUNT,
      ),
      video_embedding: float(
        batch.map(({ video }) => video),
        videoSize,
      ),
      present: { dtype: 'float32', shape: [batch.length, 3], data: present },
    });
    const emotion = finiteRows(outputs, 'emotion', batch.length, 7);
    const sentiment = finiteRows(outputs, 'sentiment', batch.length, 7);
    const contributions = finiteRows(outputs, 'contributions', batch.length, 3);
    const sets = optionalRows(outputs, 'set_contributions', batch.length, EVIDENCE_SET_COUNT);
    return batch.map((_, row) => scoresOf(emotion[row]!, sentiment[row]!, contributions[row]!, sets[row]!));
  };

  const texts = batcher.open<TextTokens, EncodedText>({
    name: 'text encoder',
    costOf: ({ ids }) => ids.length,
    runBatch: encodeTexts,
  });
  const faces = batcher.open<FaceGroups, Float32Array>({
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
    async embedText(text) {
      const { ids } = text;
      if (ids.length < 1 || ids.length > MAX_TOKENS) {
        throw new RangeError(`a text takes 1 to ${MAX_TOKENS} tokens, not ${ids.length}`);
      }
      // One id outside the vocabulary would fail the whole batch, the texts of other sessions included.
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
      const { text, audio, video } = inputs;
      if (text === null && audio === null && video === null) throw new RangeError('at least one input must be present');
      checkFinite('text embedding', text, textSize);
      checkFinite('audio features', audio, AUDIO_FEATURE_COUNT);
      checkFinite('video embedding', video, videoSize);
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
  const [text, video] = await Promise.all([
    model.embedText({ ids: new Int32Array(MAX_TOKENS) }),
    model.embedFaces({ pixels: new Uint8Array(FACE_BYTES).fill(128), faceCount: MAX_FACES }),
  ]);
  await model.fuse({ text: text.embedding, audio: new Float32Array(AUDIO_FEATURE_COUNT), video });
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

function isPresent(input: Float32Array | null): 0 | 1 {
  return input === null ? 0 : 1;
}

/** Cuts the weights of what pads a text to the longest of its batch. */
function encodedTextOf(
  embedding: Float32Array | Error,
  weights: Float32Array | Error | null,
  tokenCount: number,
): EncodedText | Error {
  if (embedding instanceof Error) return embedding;
  if (weights instanceof Error) return weights;
  return { embedding, tokenWeights: weights?.slice(0, tokenCount) ?? null };
}

function scoresOf(
  emotion: Float32Array | Error,
  sentiment: Float32Array | Error,
  contributions: Float32Array | Error,
  setContributions: Float32Array | Error | null,
): EmotionScores | Error {
  if (emotion instanceof Error) return emotion;
  if (sentiment instanceof Error) return sentiment;
  if (contributions instanceof Error) return contributions;
  if (setContributions instanceof Error) return setContributions;
  return { emotion, sentiment, contributions, setContributions };
}

/** {@link finiteRows} of an output that the bundle may lack; then null a row. */
function optionalRows(
  outputs: TensorMap,
  name: string,
  rowCount: number,
  size: number,
): readonly (Float32Array | Error | null)[] {
  return name in outputs ? finiteRows(outputs, name, rowCount, size) : Array.from({ length: rowCount }, () => null);
}

/** The rows of a `[rows, size]` output; a row with NaN or infinity becomes an error of that row alone. */
function finiteRows(outputs: TensorMap, name: string, rowCount: number, size: number): (Float32Array | Error)[] {
  const output = outputs[name];
  if (output?.dtype !== 'float32' || output.data.length !== rowCount * size) {
    throw ModelError.failed(`The output ${name} has the wrong type or shape.`);
  }
  return unstackRows(output.data, rowCount).map((row) =>
    row.every(Number.isFinite) ? row : ModelError.failed(`The output ${name} is not finite.`),
  );
}

function checkLength(what: string, data: ArrayLike<number>, size: number): void {
  if (data.length !== size) throw new RangeError(`${what} must have ${size} values, not ${data.length}`);
}

function checkFinite(what: string, data: Float32Array | null, size: number): void {
  if (data === null) return;
  checkLength(what, data, size);
  if (!data.every(Number.isFinite)) throw new RangeError(`${what} must be finite`);
}
