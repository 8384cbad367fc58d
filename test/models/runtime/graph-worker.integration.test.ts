import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { Scan } from '../../../models/runtime/graph-scan.ts';
import {
  type GraphWorker,
  type GraphWorkerOptions,
  openGraphWorker,
  startGraphThread,
} from '../../../models/runtime/graph-worker.ts';
import type { GraphWorkerData } from '../../../models/runtime/graph-worker-messages.ts';
import type { Tensor, TensorMap } from '../../../models/runtime/tensor.ts';
import { VOICE_ACTIVITY_GRAPHS } from '../../../models/voice-activity/voice-activity-model.ts';
import { LAST_MESSAGE } from '../../support/models/last-message.ts';
import { createManualTimers } from '../../support/models/manual-timers.ts';

const GRAPH = 'voice-activity';
const WINDOW = 576;
const opened: GraphWorker[] = [];

afterEach(async () => {
  for (const worker of opened.splice(0)) await worker.close();
});

async function open(options: Partial<GraphWorkerOptions> = {}): Promise<GraphWorker> {
  const worker = await openGraphWorker({ graphs: VOICE_ACTIVITY_GRAPHS, provider: 'cpu', ...options });
  opened.push(worker);
  return worker;
}

function float(shape: number[], data: Float32Array): Extract<Tensor, { dtype: 'float32' }> {
  return { dtype: 'float32', shape, data };
}

/** `rows` windows of noise, the same each time. */
function noise(rows: number): Float32Array {
  return Float32Array.from({ length: rows * WINDOW }, (_, i) => Math.sin(i * i * 0.37) * 0.5);
}

function feeds(input: Float32Array, state: Tensor = float([2, 1, 128], new Float32Array(256))): TensorMap {
  const sr: Tensor = { dtype: 'int64', shape: [], data: BigInt64Array.of(16_000n) };
  return { input: float([1, WINDOW], input), state, sr };
}

function noiseScan(rows: number): Scan {
  const { state, sr } = feeds(noise(1));
  return {
    steps: { input: float([rows, WINDOW], noise(rows)) },
    state: { state: state! },
    stateOutputs: { state: 'stateN' },
    constants: { sr: sr! },
  };
}

describe('openGraphWorker', () => {
  it('tells the inputs and outputs of its graphs', async () => {
    const { signatures } = await open({ graphs: { [GRAPH]: pathToFileURL(VOICE_ACTIVITY_GRAPHS[GRAPH]).href } });
    expect(Object.keys(signatures[GRAPH]?.inputs ?? {}).sort()).toEqual(['input', 'sr', 'state']);
    expect(signatures[GRAPH]?.inputs.state).toEqual({ dtype: 'float32', shape: [2, 'batch', 128] });
  });

  it('computes off the thread and takes over the buffers of its feeds', async () => {
    const worker = await open();
    const input = noise(1);
    const outputs = await worker.run(GRAPH, feeds(input));
    expect(outputs.output?.shape).toEqual([1, 1]);
    expect(outputs.stateN?.data.length).toBe(256);
    expect(input.length).toBe(0);
  });

  it('leaves the rest of a buffer to its owner when it is given a part of one', async () => {
    const worker = await open();
    const samples = noise(2);
    const whole = await worker.run(GRAPH, feeds(noise(1)));
    const part = await worker.run(GRAPH, feeds(samples.subarray(0, WINDOW)));
    expect(part).toEqual(whole);
    expect(samples.length).toBe(2 * WINDOW);
  });

  it('scans in one request what single runs give', async () => {
    const worker = await open();
    const rows = noise(5);
    const single: number[] = [];
    let state: Tensor = float([2, 1, 128], new Float32Array(256));
    for (let row = 0; row < 5; row += 1) {
      const outputs = await worker.run(GRAPH, feeds(rows.slice(row * WINDOW, (row + 1) * WINDOW), state));
      single.push(Number(outputs.output?.data[0]));
      state = outputs.stateN!;
    }
    const result = await worker.scan(GRAPH, noiseScan(5));
    expect(Array.from(result.outputs.output!.data, Number)).toEqual(single);
    expect(result.state.state).toEqual(state);
  });

  it('answers in the order asked, a long scan before the short run behind it', async () => {
    const worker = await open();
    const order: string[] = [];
    await Promise.all([
      worker.scan(GRAPH, noiseScan(50)).then(() => order.push('scan')),
      worker.run(GRAPH, feeds(noise(1))).then(() => order.push('run')),
    ]);
    expect(order).toEqual(['scan', 'run']);
  });

  it('finishes what it was asked before it closes', async () => {
    const worker = await open();
    const running = worker.scan(GRAPH, noiseScan(50));
    await worker.close();
    expect((await running).outputs.output?.shape).toEqual([50, 1]);
  });

  it.each([
    ['an unknown graph', 'lip-reading', feeds(noise(1))],
    ['a missing input', GRAPH, { input: float([1, WINDOW], noise(1)) }],
    ['a shape that does not fit the data', GRAPH, { ...feeds(noise(1)), input: float([1, WINDOW + 1], noise(1)) }],
  ])('rejects %s in one line and goes on', async (_, graph, wrong) => {
    const worker = await open();
    const error = await worker.run(graph, wrong).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ModelError', code: 'failed', message: expect.not.stringContaining('\n') });
    expect((await worker.run(GRAPH, feeds(noise(1)))).output).toBeDefined();
  });

  it('fails to open with a file that is not there', async () => {
    await expect(open({ graphs: { text: '/nowhere/text.onnx' } })).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('/nowhere/text.onnx'),
    });
  });

  it('fails to open with a file that is no graph', async () => {
    const graphs = { text: new URL('../../../package.json', import.meta.url).href };
    await expect(open({ graphs })).rejects.toMatchObject({ code: 'failed' });
  });

  it('survives the death of its thread in the middle of a run', async () => {
    const threads: Worker[] = [];
    const timers = createManualTimers();
    const startThread = (workerData: GraphWorkerData) => {
      const entry = new URL('../../support/models/mortal-graph-thread.ts', import.meta.url);
      const thread = threads.length === 0 ? new Worker(entry, { workerData }) : startGraphThread(workerData);
      threads.push(thread);
      return thread;
    };
    const worker = await open({ timers, startThread });
    const running = worker.scan(GRAPH, noiseScan(2000));
    const waiting = worker.run(GRAPH, feeds(noise(1)));
    threads[0]?.postMessage(LAST_MESSAGE);
    await expect(running).rejects.toMatchObject({ code: 'failed' });
    await expect(waiting).rejects.toMatchObject({ code: 'failed' });
    timers.advance(100);
    expect((await worker.run(GRAPH, feeds(noise(1)))).output).toBeDefined();
    expect(worker.stats()).toEqual({ pending: 0, dropped: 0, restarts: 1 });
  });
});
