import type { GraphRunner, Tensor, TensorMap } from '../../../models/runtime/tensor.ts';

/** A runner whose outputs of shape `[rows, size]` come from a function of the row. It records its runs. */
export interface CannedRunner extends GraphRunner {
  readonly runs: readonly { readonly graph: string; readonly feeds: TensorMap }[];
}

/** Sizes of the outputs of the sample manifest's graphs. */
const OUTPUT_SIZES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  text: { text_embedding: 8 },
  video: { video_embedding: 4 },
  fusion: { emotion: 7, sentiment: 7, contributions: 3 },
};

/**
 * @param explains - also return the optional outputs
 * @param answers - outputs, by name, whose values differ within a row
 */
export function createCannedRunner(
  value: (graph: string, row: number, feeds: TensorMap) => number,
  explains = false,
  answers: (feeds: TensorMap) => Readonly<Record<string, number[]>> = () => ({}),
): CannedRunner {
  const runs: { readonly graph: string; readonly feeds: TensorMap }[] = [];
  return {
    runs,
    async run(graph, feeds) {
      runs.push({ graph, feeds });
      const rowCount = Object.values(feeds)[0]?.shape[0] ?? 0;
      const outputs: Record<string, Tensor> = {};
      const optional = {
        text: { token_weights: feeds.input_ids?.shape[1] ?? 0 },
        video: { mouth_covered: 1 },
        fusion: { set_contributions: 10, dissatisfaction: 1 },
      };
      const extra: Readonly<Record<string, number>> = explains ? ((optional as typeof OUTPUT_SIZES)[graph] ?? {}) : {};
      for (const [name, size] of Object.entries({ ...OUTPUT_SIZES[graph], ...extra })) {
        const data = new Float32Array(rowCount * size);
        for (let row = 0; row < rowCount; row += 1) data.fill(value(graph, row, feeds), row * size, (row + 1) * size);
        const shape = size === 1 ? [rowCount] : [rowCount, size];
        const answer = answers(feeds)[name];
        outputs[name] = { dtype: 'float32', shape, data: answer === undefined ? data : Float32Array.from(answer) };
      }
      return outputs;
    },
    close: async () => {},
  };
}
