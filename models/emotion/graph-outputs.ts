import { allFinite } from '../all-finite.ts';
import { ModelError } from '../model-error.ts';
import type { TensorMap } from '../runtime/tensor.ts';
import { unstackRows } from './tensor-batch.ts';

/**
 * The rows of a `[rows, size]` output, or of a `[rows]` one with `size` 1. A row with NaN or infinity becomes an error
 * of only that row.
 *
 * @throws ModelError `failed` if the output is missing or has another type or size
 */
export function finiteRows(outputs: TensorMap, name: string, rowCount: number, size: number): (Float32Array | Error)[] {
  const output = outputs[name];
  if (output?.dtype !== 'float32' || output.data.length !== rowCount * size) {
    throw ModelError.failed(`The output ${name} has the wrong type or shape.`);
  }
  return unstackRows(output.data, rowCount).map((row) =>
    allFinite(row) ? row : ModelError.failed(`The output ${name} is not finite.`),
  );
}

/** {@link finiteRows} of an optional output; null per row if the bundle lacks it. */
export function optionalRows(
  outputs: TensorMap,
  name: string,
  rowCount: number,
  size: number,
): readonly (Float32Array | Error | null)[] {
  return name in outputs ? finiteRows(outputs, name, rowCount, size) : Array.from({ length: rowCount }, () => null);
}

/** An item's rows of several outputs, or the error of one of them. */
export function allOrError<R extends Readonly<Record<string, Float32Array | Error | null>>>(
  rows: R,
): { readonly [Name in keyof R]: Exclude<R[Name], Error> } | Error {
  const error = Object.values(rows).find((row) => row instanceof Error);
  return error ?? (rows as { readonly [Name in keyof R]: Exclude<R[Name], Error> });
}
