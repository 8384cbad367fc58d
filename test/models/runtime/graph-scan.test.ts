import { describe, expect, it } from 'vitest';
import { type Scan, scanGraph } from '../../../models/runtime/graph-scan.ts';
import type { Tensor, TensorMap } from '../../../models/runtime/tensor.ts';

function float(shape: number[], ...values: number[]): Extract<Tensor, { dtype: 'float32' }> {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

/** Adds each row of `x` to a running sum `s`, times `factor`. */
async function runningSum({ x, s, factor }: TensorMap): Promise<TensorMap> {
  const values = [x, s, factor].map((tensor) => Array.from(tensor!.data, Number));
  const sums = values[0]!.map((value, i) => values[1]![i]! + value * values[2]![0]!);
  return { y: float([1, 2], ...sums), sNext: float([2], ...sums) };
}

const SCAN: Scan = {
  steps: { x: float([3, 2], 1, 2, 3, 4, 5, 6) },
  state: { s: float([2], 100, 200) },
  stateOutputs: { s: 'sNext' },
  constants: { factor: float([], 10) },
};

describe('scanGraph', () => {
  it('feeds row after row, hands the state on and stacks the outputs', async () => {
    expect(await scanGraph(runningSum, SCAN)).toEqual({
      outputs: { y: float([3, 2], 110, 220, 140, 260, 190, 320) },
      state: { s: float([2], 190, 320) },
    });
  });

  it('gives a step the shape of one row', async () => {
    const shapes: unknown[] = [];
    await scanGraph((feeds) => {
      shapes.push(feeds.x?.shape);
      return runningSum(feeds);
    }, SCAN);
    expect(shapes).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });

  it.each([
    ['no steps', { x: float([0, 2]) }],
    ['steps of different counts', { x: float([1, 2], 1, 2), z: float([2, 2], 1, 2, 3, 4) }],
    ['no stepped input', {}],
  ])('refuses %s', async (_, steps) => {
    await expect(scanGraph(runningSum, { ...SCAN, steps })).rejects.toThrow(RangeError);
  });

  it('refuses a state output that the graph does not have', async () => {
    await expect(scanGraph(runningSum, { ...SCAN, stateOutputs: { s: 'sumNext' } })).rejects.toThrow('"sumNext"');
  });
});
