/** A dense tensor, row-major. Crosses threads: its buffer is transferred or copied, never shared. */
export type Tensor =
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'int64'; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly dtype: 'uint8'; readonly shape: readonly number[]; readonly data: Uint8Array };

export type TensorMap = Readonly<Record<string, Tensor>>;

/**
 * Runs named ONNX graphs off the event loop, one at a time in the order asked.
 * `run` takes over the buffers of `feeds` (they are detached afterwards) and rejects with a `ModelError`.
 */
export interface GraphRunner {
  run(graph: string, feeds: TensorMap): Promise<TensorMap>;
  close(): Promise<void>;
}
