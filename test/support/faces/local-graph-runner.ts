import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { GraphRunner, Tensor } from '../../../models/index.ts';

/** Runs `graphs` on the test's own thread, on one core, so that a test needs no worker. */
export async function openLocalGraphRunner(graphs: Readonly<Record<string, string>>): Promise<GraphRunner> {
  const sessions = new Map<string, InferenceSession>();
  for (const [name, file] of Object.entries(graphs)) {
    const options: InferenceSession.SessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1 };
    sessions.set(name, await InferenceSession.create(file, options));
  }
  return {
    async run(graph, feeds) {
      const inputs: Record<string, OrtTensor> = {};
      for (const [name, { dtype, data, shape }] of Object.entries(feeds)) {
        inputs[name] = new OrtTensor(dtype, data as Float32Array, shape);
      }
      const outputs: Record<string, Tensor> = {};
      for (const [name, value] of Object.entries(await sessions.get(graph)!.run(inputs))) {
        outputs[name] = { dtype: 'float32', shape: value.dims, data: value.data as Float32Array };
      }
      return outputs;
    },
    async close() {
      await Promise.all([...sessions.values()].map((session) => session.release()));
    },
  };
}
