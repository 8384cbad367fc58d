// Runs text encoder and fusion of the bundle on WebGPU and on the CPU, and prints how far their outputs lie apart.
import { openGraphWorker } from '../../../models/graph-worker.ts';
import { readModelBundle } from '../../../models/model-bundle.ts';
import type { Tensor, TensorMap } from '../../../models/tensor.ts';
import { BUNDLE_DIRECTORY } from './bundle-directory.ts';

const { graphFiles, manifest } = await readModelBundle(BUNDLE_DIRECTORY);

function float(size: number): Tensor {
  return { dtype: 'float32', shape: [1, size], data: Float32Array.from({ length: size }, (_, i) => Math.sin(i)) };
}

function feeds(graph: string): TensorMap {
  if (graph === 'text') {
    const shape = [1, 4];
    return {
      input_ids: { dtype: 'int64', shape, data: BigInt64Array.of(101n, 2307n, 2154n, 102n) },
      attention_mask: { dtype: 'int64', shape, data: new BigInt64Array(4).fill(1n) },
    };
  }
  return {
    text_embedding: float(manifest.text.embeddingSize),
    audio_features: float(128),
    video_embedding: float(manifest.video.embeddingSize),
    present: { dtype: 'float32', shape: [1, 3], data: new Float32Array(3).fill(1) },
  };
}

async function compute(provider: 'webgpu' | 'cpu'): Promise<number[]> {
  const worker = await openGraphWorker({ graphs: { text: graphFiles.text, fusion: graphFiles.fusion }, provider });
  const values: number[] = [];
  for (const graph of ['text', 'fusion']) {
    const outputs = await worker.run(graph, feeds(graph));
    for (const name of Object.keys(outputs).sort()) values.push(...Array.from(outputs[name]!.data, Number));
  }
  await worker.close();
  return values;
}

const [gpu, cpu] = [await compute('webgpu'), await compute('cpu')];
const largestError = cpu.reduce((largest, value, i) => Math.max(largest, Math.abs(value - gpu[i]!)), 0);
process.stdout.write(JSON.stringify({ values: cpu.length, largestError }));
