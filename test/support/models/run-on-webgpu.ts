// Runs the bundle's graphs for accelerators on WebGPU and on the CPU, and prints how much their outputs differ.
// Arguments: graph names.
import { readModelBundle } from '../../../models/bundle/model-bundle.ts';
import { type BundleGraphName, takes } from '../../../models/bundle/model-manifest.ts';
import { AUDIO_FEATURE_COUNT } from '../../../models/index.ts';
import { openGraphWorker } from '../../../models/runtime/graph-worker.ts';
import type { Tensor, TensorMap } from '../../../models/runtime/tensor.ts';
import { BUNDLE_DIRECTORY } from './bundle-directory.ts';

const { graphFiles, manifest } = await readModelBundle(BUNDLE_DIRECTORY);
const graphs = process.argv.slice(2) as BundleGraphName[];

function float(size: number): Tensor {
  return { dtype: 'float32', shape: [1, size], data: Float32Array.from({ length: size }, (_, i) => Math.sin(i)) };
}

/** The smallest realistic inputs, because a software device is slow. */
function feeds(graph: BundleGraphName): TensorMap {
  if (graph === 'text') {
    const shape = [1, 8];
    const ids = BigInt64Array.of(101n, 2307n, 2154n, 2003n, 2001n, 3000n, 102n, 0n);
    const mask = BigInt64Array.of(1n, 1n, 1n, 1n, 1n, 1n, 1n, 0n);
    const types = BigInt64Array.of(0n, 0n, 0n, 0n, 1n, 1n, 1n, 0n);
    return {
      input_ids: { dtype: 'int64', shape, data: ids },
      attention_mask: { dtype: 'int64', shape, data: mask },
      ...(takes(manifest.graphs.text, 'token_type_ids') && { token_type_ids: { dtype: 'int64', shape, data: types } }),
    };
  }
  if (graph === 'video') {
    const data = Uint8Array.from({ length: 5 * 10 * 64 * 64 }, (_, i) => 1 + ((i * 7) % 255));
    return { faces: { dtype: 'uint8', shape: [1, 5, 10, 64, 64], data } };
  }
  return {
    text_embedding: float(manifest.text.embeddingSize),
    audio_features: float(AUDIO_FEATURE_COUNT),
    video_embedding: float(manifest.video.embeddingSize),
    present: { dtype: 'float32', shape: [1, 3], data: new Float32Array(3).fill(1) },
    ...(takes(manifest.graphs.fusion, 'audio_baseline') && {
      audio_baseline: float(AUDIO_FEATURE_COUNT),
      baseline_utterances: { dtype: 'float32', shape: [1], data: Float32Array.of(3) },
    }),
  };
}

async function compute(provider: 'webgpu' | 'cpu'): Promise<number[]> {
  const files = Object.fromEntries(graphs.map((graph) => [graph, graphFiles('webgpu')[graph]]));
  const worker = await openGraphWorker({ graphs: files, provider });
  const values: number[] = [];
  for (const graph of graphs) {
    const outputs = await worker.run(graph, feeds(graph));
    for (const name of Object.keys(outputs).sort()) values.push(...Array.from(outputs[name]!.data, Number));
  }
  await worker.close();
  return values;
}

const [gpu, cpu] = [await compute('webgpu'), await compute('cpu')];
const largestError = cpu.reduce((largest, value, i) => Math.max(largest, Math.abs(value - gpu[i]!)), 0);
process.stdout.write(JSON.stringify({ values: cpu.length, largestError }));
