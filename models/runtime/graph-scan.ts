import type { Tensor, TensorMap } from './tensor.ts';

/** A graph that runs once per step and passes state from step to step, as ONNX's Scan does. */
export interface Scan {
  /** Float inputs, split along their first axis: step i gets row i, as shape `[1, …]`. All have equally many rows, ≥ 1. */
  readonly steps: Readonly<Record<string, Extract<Tensor, { dtype: 'float32' }>>>;
  /** First values of the state inputs. */
  readonly state: TensorMap;
  /** State input → the output that is its value in the next step. */
  readonly stateOutputs: Readonly<Record<string, string>>;
  /** Inputs that are the same in every step. */
  readonly constants: TensorMap;
}

export interface ScanResult {
  /** The float outputs that are not state, one row per step: `[1, …]` stacked to `[steps, …]`. */
  readonly outputs: TensorMap;
  /** The state after the last step, by input name. */
  readonly state: TensorMap;
}

/**
 * Runs a scan.
 *
 * @throws RangeError when the stepped inputs are empty or differ in their number of rows, or an output does not fit
 */
export async function scanGraph(run: (feeds: TensorMap) => Promise<TensorMap>, scan: Scan): Promise<ScanResult> {
  const stepCount = countSteps(scan);
  const stateNames = Object.entries(scan.stateOutputs);
  const stateOutputs = new Set(Object.values(scan.stateOutputs));
  const rows = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  let state = scan.state;
  for (let step = 0; step < stepCount; step += 1) {
    const feeds: Record<string, Tensor> = { ...scan.constants, ...state };
    for (const [name, { shape, data }] of Object.entries(scan.steps)) {
      const size = data.length / stepCount;
      const row = data.subarray(step * size, (step + 1) * size);
      feeds[name] = { dtype: 'float32', shape: [1, ...shape.slice(1)], data: row };
    }
    const outputs = await run(feeds);
    const nextState: Record<string, Tensor> = {};
    for (const [input, output] of stateNames) nextState[input] = required(outputs, output);
    state = nextState;
    for (const [name, output] of Object.entries(outputs)) {
      if (stateOutputs.has(name)) continue;
      if (output.dtype !== 'float32') throw new RangeError(`scan output "${name}" is not float32`);
      const size = output.data.length;
      let stacked = rows.get(name);
      if (stacked === undefined) {
        stacked = { shape: [stepCount, ...output.shape.slice(1)], data: new Float32Array(stepCount * size) };
        rows.set(name, stacked);
      }
      stacked.data.set(output.data, step * size);
    }
  }
  const outputs: Record<string, Tensor> = {};
  for (const [name, stacked] of rows) outputs[name] = { dtype: 'float32', ...stacked };
  return { outputs, state };
}

function countSteps(scan: Scan): number {
  const counts = new Set(Object.values(scan.steps).map(({ shape }) => shape[0] ?? 0));
  const [stepCount = 0] = counts;
  if (counts.size !== 1 || stepCount < 1) {
    throw new RangeError('a scan needs at least one step, and every stepped input must have the same number of rows');
  }
  return stepCount;
}

function required(outputs: TensorMap, name: string): Tensor {
  const output = outputs[name];
  if (output === undefined) throw new RangeError(`the graph has no output "${name}" for the next step`);
  return output;
}
