import type { TextTokens } from './feature-tensors.ts';
import type { TensorMap } from './tensor.ts';

/**
 * Token ids and attention mask of a batch, `[batch, tokens]`, padded with 0 to its longest text.
 * Mask: 1 for a token, 0 for padding.
 */
export function stackTokens(texts: readonly TextTokens[]): TensorMap {
  const tokens = texts.reduce((longest, { ids }) => Math.max(longest, ids.length), 0);
  const shape = [texts.length, tokens];
  const ids = new BigInt64Array(texts.length * tokens);
  const mask = new BigInt64Array(texts.length * tokens);
  for (const [row, text] of texts.entries()) {
    const start = row * tokens;
    for (const [column, id] of text.ids.entries()) ids[start + column] = BigInt(id);
    mask.fill(1n, start, start + text.ids.length);
  }
  return {
    input_ids: { dtype: 'int64', shape, data: ids },
    attention_mask: { dtype: 'int64', shape, data: mask },
  };
}

/** Rows of equal length, end to end: `[rows, size]`. A null row is zeros. */
export function stackRows(rows: readonly (Float32Array | null)[], size: number): Float32Array {
  const stacked = new Float32Array(rows.length * size);
  for (const [index, row] of rows.entries()) {
    if (row !== null) stacked.set(row, index * size);
  }
  return stacked;
}

/** Byte rows of equal length, end to end: `[rows, size]`. */
export function stackBytes(rows: readonly Uint8Array[], size: number): Uint8Array {
  const stacked = new Uint8Array(rows.length * size);
  for (const [index, row] of rows.entries()) stacked.set(row, index * size);
  return stacked;
}

/** The rows of `[rows, size]`, each with a buffer of its own. */
export function unstackRows(stacked: Float32Array, rowCount: number): Float32Array[] {
  const size = stacked.length / rowCount;
  return Array.from({ length: rowCount }, (_, row) => stacked.slice(row * size, (row + 1) * size));
}
