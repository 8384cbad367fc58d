import type { MessagePort } from 'node:worker_threads';
import type { ExecutionProvider } from './execution-provider.ts';
import type { ExitFlags } from './exit-guard.ts';
import type { TensorMap } from './tensor.ts';

/** `workerData` of a graph worker's thread. */
export interface GraphWorkerData {
  /** Graph name → path of its ONNX file. */
  readonly graphs: Readonly<Record<string, string>>;
  readonly provider: ExecutionProvider;
  readonly exitFlags: ExitFlags;
  /**
   * Where requests come from. The worker ends when the other side closes. Default: the thread that started the worker.
   */
  readonly port?: MessagePort;
}

export interface GraphRequest {
  readonly graph: string;
  readonly feeds: TensorMap;
}

/** The outputs of the graph. */
export type GraphReply = TensorMap;

/**
 * The buffers to transfer with tensors, each once. A view of a part of a buffer is not transferred but
 * copied, because a transfer would take the rest of the buffer from its owner.
 */
export function buffersOf(tensors: TensorMap): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { data } of Object.values(tensors)) {
    if (data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength) buffers.add(data.buffer);
  }
  return [...buffers];
}
