import { ModelError } from '../model-error.ts';
import type { Tensor } from './tensor.ts';

/** A dimension: a number is fixed, a name is free. */
export type Dimension = number | string;

export interface TensorSpec {
  /** `unsupported` for element types that a {@link Tensor} cannot hold. */
  readonly dtype: Tensor['dtype'] | 'unsupported';
  readonly shape: readonly Dimension[];
}

/** Names, element types and shapes of a graph's inputs and outputs. */
export interface GraphSignature {
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly outputs: Readonly<Record<string, TensorSpec>>;
  /** Optional inputs. */
  readonly optionalInputs?: Readonly<Record<string, TensorSpec>>;
  /** Optional outputs. */
  readonly optionalOutputs?: Readonly<Record<string, TensorSpec>>;
}

/**
 * Checks that a graph can be used as `expected`: the same names, element types and ranks, free dimensions where free
 * ones are expected, and equal fixed ones. A fixed dimension that the graph leaves open is accepted, and so is an
 * optional input or output that is missing.
 *
 * @param where - names the graph in the error, for example `text-encoder.onnx`
 * @throws ModelError `invalid-bundle`
 */
export function checkGraphSignature(where: string, expected: GraphSignature, actual: GraphSignature): void {
  checkSide(where, 'input', withOptional(expected.inputs, expected.optionalInputs, actual.inputs), actual.inputs);
  checkSide(where, 'output', withOptional(expected.outputs, expected.optionalOutputs, actual.outputs), actual.outputs);
}

type Side = GraphSignature['inputs'];

/** The required names, and the optional ones that exist. */
function withOptional(needed: Side, optional: Side = {}, actual: Side): Side {
  const given = Object.entries(optional).filter(([name]) => name in actual);
  return { ...needed, ...Object.fromEntries(given) };
}

function checkSide(where: string, side: 'input' | 'output', expected: Side, actual: Side): void {
  for (const name of Object.keys(actual)) {
    if (!(name in expected)) throw ModelError.invalidBundle(`${where}: unexpected ${side} "${name}".`);
  }
  for (const [name, spec] of Object.entries(expected)) {
    const found = actual[name];
    if (found === undefined) throw ModelError.invalidBundle(`${where}: ${side} "${name}" is missing.`);
    if (!matches(spec, found)) {
      throw ModelError.invalidBundle(`${where}: ${side} "${name}" is ${format(found)}, expected ${format(spec)}.`);
    }
  }
}

function matches(expected: TensorSpec, actual: TensorSpec): boolean {
  return (
    expected.dtype === actual.dtype &&
    expected.shape.length === actual.shape.length &&
    expected.shape.every((dimension, axis) => {
      const found = actual.shape[axis];
      return typeof found !== 'number' || found === dimension;
    })
  );
}

function format({ dtype, shape }: TensorSpec): string {
  return `${dtype} [${shape.map((dimension) => dimension || '?').join(', ')}]`;
}
