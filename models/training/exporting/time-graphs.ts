// Times ONNX graphs with the server's runtime, for bench_gpu.py. Reads a request from stdin and writes medians to
// stdout, both as JSON.
import { text } from 'node:stream/consumers';
import type { ExecutionProvider } from '../../runtime/execution-provider.ts';
import { openOnnxSession } from '../../runtime/onnx-session.ts';
import type { Tensor, TensorMap } from '../../runtime/tensor.ts';

interface Request {
  readonly provider: ExecutionProvider;
  readonly passes: number;
  readonly graphs: readonly {
    readonly file: string;
    /** One set of inputs per batch size. */
    readonly feeds: readonly Readonly<Record<string, { readonly dtype: Tensor['dtype']; readonly shape: number[] }>>[];
  }[];
}

/** A tensor of ones: a token, a dark face, a present modality. The values do not change how long a graph takes. */
function ones({ dtype, shape }: { readonly dtype: Tensor['dtype']; readonly shape: number[] }): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  if (dtype === 'int64') return { dtype, shape, data: new BigInt64Array(size).fill(1n) };
  if (dtype === 'uint8') return { dtype, shape, data: new Uint8Array(size).fill(1) };
  return { dtype, shape, data: new Float32Array(size).fill(1) };
}

async function medianMs(run: (feeds: TensorMap) => Promise<TensorMap>, feeds: TensorMap, passes: number) {
  const tookMs: number[] = [];
  for (let pass = -Math.ceil(passes / 10); pass < passes; pass += 1) {
    const startMs = performance.now();
    await run(feeds);
    if (pass >= 0) tookMs.push(performance.now() - startMs);
  }
  return tookMs.sort((a, b) => a - b)[Math.floor(passes / 2)]!;
}

const { provider, passes, graphs } = JSON.parse(await text(process.stdin)) as Request;
const mediansMs: number[][] = [];
for (const { file, feeds } of graphs) {
  const session = await openOnnxSession(file, provider);
  const medians: number[] = [];
  for (const specs of feeds) {
    const tensors = Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, ones(spec)]));
    medians.push(await medianMs(session.run, tensors, passes));
  }
  mediansMs.push(medians);
  await session.release();
}
process.stdout.write(JSON.stringify(mediansMs));
