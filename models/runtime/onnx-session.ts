import { env, InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import type { ExecutionProvider } from './execution-provider.ts';
import type { GraphSignature, TensorSpec } from './graph-signature.ts';
import type { Tensor, TensorMap } from './tensor.ts';

// The runtime also throws every failure as an exception. Its own log would print it again on stderr.
env.logLevel = 'fatal';

/** One loaded graph. `run` computes on the calling thread and blocks it: use it inside a worker thread only. */
export interface OnnxSession {
  readonly signature: GraphSignature;
  /** Throws the runtime's errors. The caller owns the buffers of the outputs. */
  run(feeds: TensorMap): Promise<TensorMap>;
  release(): Promise<void>;
}

/**
 * Loads an ONNX file. Operators that `provider` lacks run on the CPU.
 *
 * @throws Error of the runtime when the file cannot be loaded or the provider is not available on this machine
 */
export async function openOnnxSession(file: string, provider: ExecutionProvider): Promise<OnnxSession> {
  const session = await InferenceSession.create(file, {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    // One thread per ONNX session: they share the machine's cores, and the short inputs here gain nothing from more.
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  return {
    signature: { inputs: specsOf(session.inputMetadata), outputs: specsOf(session.outputMetadata) },
    async run(feeds) {
      const onnxFeeds: Record<string, OnnxTensor> = {};
      for (const [name, { dtype, data, shape }] of Object.entries(feeds)) {
        onnxFeeds[name] = new OnnxTensor(dtype, data, shape);
      }
      const results = await session.run(onnxFeeds);
      const outputs: Record<string, Tensor> = {};
      for (const [name, result] of Object.entries(results)) outputs[name] = fromOnnx(name, result);
      return outputs;
    },
    release: () => session.release(),
  };
}

function fromOnnx(name: string, { type, data, dims }: OnnxTensor): Tensor {
  if (type === 'float32' && data instanceof Float32Array) return { dtype: type, shape: dims, data };
  if (type === 'int64' && data instanceof BigInt64Array) return { dtype: type, shape: dims, data };
  if (type === 'uint8' && data instanceof Uint8Array) return { dtype: type, shape: dims, data };
  throw new Error(`output "${name}" has the unsupported element type ${type}`);
}

function specsOf(metadata: readonly InferenceSession.ValueMetadata[]): Record<string, TensorSpec> {
  const specs: Record<string, TensorSpec> = {};
  for (const value of metadata) {
    specs[value.name] = value.isTensor
      ? { dtype: dtypeOf(value.type), shape: value.shape }
      : { dtype: 'unsupported', shape: [] };
  }
  return specs;
}

function dtypeOf(type: OnnxTensor.Type): TensorSpec['dtype'] {
  return type === 'float32' || type === 'int64' || type === 'uint8' ? type : 'unsupported';
}
