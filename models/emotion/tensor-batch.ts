import { AUDIO_FEATURE_COUNT, type TextTokens } from '../feature-tensors.ts';
import type { FusionInputs } from '../model-interfaces.ts';
import type { TensorMap } from '../runtime/tensor.ts';

/**
 * Token ids and attention mask of a batch, `[batch, tokens]`, padded with 0 to its longest text.
 * Mask: 1 for a token, 0 for padding.
 *
 * @param withTypes - adds the types of the tokens: 1 for context, 0 for the utterance itself and for padding
 */
export function stackTokens(texts: readonly TextTokens[], withTypes = false): TensorMap {
  const tokens = texts.reduce((longest, { ids }) => Math.max(longest, ids.length), 0);
  const shape = [texts.length, tokens];
  const ids = new BigInt64Array(texts.length * tokens);
  const mask = new BigInt64Array(texts.length * tokens);
  const types = new BigInt64Array(withTypes ? texts.length * tokens : 0);
  for (const [row, text] of texts.entries()) {
    const start = row * tokens;
    const end = start + text.ids.length;
    for (const [column, id] of text.ids.entries()) ids[start + column] = BigInt(id);
    mask.fill(1n, start, end);
    if (withTypes) types.fill(1n, start + (text.ownCount ?? text.ids.length), end);
  }
  return {
    input_ids: { dtype: 'int64', shape, data: ids },
    attention_mask: { dtype: 'int64', shape, data: mask },
    ...(withTypes && { token_type_ids: { dtype: 'int64', shape, data: types } }),
  };
}

export interface FusionShape {
  /** Sizes of an encoded text and of encoded faces. */
  readonly textSize: number;
  readonly videoSize: number;
  /** Whether the graph takes baselines. */
  readonly withBaseline: boolean;
}

/** The fusion's inputs for a batch. A missing modality is zeros. `present` is 1 for each present modality, else 0. */
export function stackFusion(
  batch: readonly FusionInputs[],
  { textSize, videoSize, withBaseline }: FusionShape,
): TensorMap {
  const rows = (size: number, rowOf: (inputs: FusionInputs) => Float32Array | null) =>
    ({ dtype: 'float32', shape: [batch.length, size], data: stackRows(batch.map(rowOf), size) }) as const;
  const present = batch.flatMap(({ text, audio, video }) =>
    [text, audio, video].map((input) => (input === null ? 0 : 1)),
  );
  const baselines = batch.map(({ audio, baseline }) => (audio === null ? null : (baseline ?? null)));
  return {
    text_embedding: rows(textSize, ({ text }) => text),
    audio_features: rows(AUDIO_FEATURE_COUNT, ({ audio }) => audio),
    video_embedding: rows(videoSize, ({ video }) => video),
    present: { dtype: 'float32', shape: [batch.length, 3], data: Float32Array.from(present) },
    ...(withBaseline && {
      audio_baseline: {
        dtype: 'float32',
        shape: [batch.length, AUDIO_FEATURE_COUNT],
        data: stackRows(
          baselines.map((baseline) => baseline?.mean ?? null),
          AUDIO_FEATURE_COUNT,
        ),
      },
      baseline_utterances: {
        dtype: 'float32',
        shape: [batch.length],
        data: Float32Array.from(baselines, (baseline) => baseline?.utterances ?? 0),
      },
    }),
  };
}

/** Joins rows of equal length: `[rows, size]`. A null row becomes zeros. */
export function stackRows(rows: readonly (Float32Array | null)[], size: number): Float32Array {
  const stacked = new Float32Array(rows.length * size);
  for (const [index, row] of rows.entries()) {
    if (row !== null) stacked.set(row, index * size);
  }
  return stacked;
}

/** Joins byte rows of equal length: `[rows, size]`. */
export function stackBytes(rows: readonly Uint8Array[], size: number): Uint8Array {
  const stacked = new Uint8Array(rows.length * size);
  for (const [index, row] of rows.entries()) stacked.set(row, index * size);
  return stacked;
}

/** The rows of `[rows, size]`, each with its own buffer. */
export function unstackRows(stacked: Float32Array, rowCount: number): Float32Array[] {
  const size = stacked.length / rowCount;
  return Array.from({ length: rowCount }, (_, row) => stacked.slice(row * size, (row + 1) * size));
}
