import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type GraphWorker,
  type GraphWorkerOptions,
  openGraphWorker,
  startGraphThread,
} from '../../../models/runtime/graph-worker.ts';
import type { GraphWorkerData } from '../../../models/runtime/graph-worker-messages.ts';
import type { Tensor, TensorMap } from '../../../models/runtime/tensor.ts';
import { VOICE_ACTIVITY_GRAPHS } from '../../../models/voice-activity/voice-activity-graph.ts';
import { LAST_MESSAGE } from '../../support/models/last-message.ts';
import { createManualTimers } from '../../support/models/manual-timers.ts';

const GRAPH = 'voice-activity';
const WINDOW = 256;
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

/** One track of `frames` frames, of four windows each. */
function feeds(frames: number, windows: Float32Array = noise(4 * frames)): TensorMap {
  const order = BigInt64Array.from({ length: frames }, (_, frame) => BigInt(frame));
  return {
    windows: float([4 * frames, WINDOW], windows),
    order: { dtype: 'int64', shape: [frames, 1], data: order },
    lengths: { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(frames)) },
    hidden: float([1, 1, 128], new Float32Array(128)),
    cell: float([1, 1, 128], new Float32Array(128)),
  };
}

describe('openGraphWorker', () => {
  it('tells the inputs and outputs of its graphs', async () => {
    const { signatures } = await open({ graphs: { [GRAPH]: pathToFileURL(VOICE_ACTIVITY_GRAPHS[GRAPH]).href } });
    expect(Object.keys(signatures[GRAPH]?.inputs ?? {}).sort()).toEqual([
      'cell',
      'hidden',
      'lengths',
      'order',
      'windows',
    ]);
    expect(signatures[GRAPH]?.inputs.cell).toEqual({ dtype: 'float32', shape: [1, 'tracks', 128] });
  });

  it('computes off the thread and takes over the buffers of its feeds', async () => {
    const worker = await open();
    const windows = noise(4);
    const outputs = await worker.run(GRAPH, feeds(1, windows));
    expect(outputs.speech?.shape).toEqual([1, 1]);
    expect(outputs.next_cell?.data.length).toBe(128);
    expect(windows.length).toBe(0);
  });

  it('leaves the rest of a buffer to its owner when it is given a part of one', async () => {
    const worker = await open();
    const windows = noise(8);
    const whole = await worker.run(GRAPH, feeds(1));
    const part = await worker.run(GRAPH, feeds(1, windows.subarray(0, 4 * WINDOW)));
    expect(part).toEqual(whole);
    expect(windows.length).toBe(8 * WINDOW);
  });

  it('answers in the order asked, a long run before the short one behind it', async () => {
    const worker = await open();
    const order: string[] = [];
    await Promise.all([
      worker.run(GRAPH, feeds(50)).then(() => order.push('long')),
      worker.run(GRAPH, feeds(1)).then(() => order.push('short')),
    ]);
    expect(order).toEqual(['long', 'short']);
  });

  it('finishes what it was asked before it closes', async () => {
    const worker = await open();
    const running = worker.run(GRAPH, feeds(50));
    await worker.close();
    expect((await running).speech?.shape).toEqual([50, 1]);
  });

  it.each([
    ['an unknown graph', 'lip-reading', feeds(1)],
    ['a missing input', GRAPH, { windows: feeds(1).windows! }],
    ['a shape that does not fit the data', GRAPH, { ...feeds(1), windows: float([4, WINDOW + 1], noise(4)) }],
  ])('rejects %s in one line and goes on', async (_, graph, wrong) => {
    const worker = await open();
    const error = await worker.run(graph, wrong).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ModelError', code: 'failed', message: expect.not.stringContaining('\n') });
    expect((await worker.run(GRAPH, feeds(1))).speech).toBeDefined();
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

  it('survives the death of its thread while requests wait', async () => {
    const threads: Worker[] = [];
    const timers = createManualTimers();
    const startThread = (workerData: GraphWorkerData) => {
      const entry = new URL('../../support/models/mortal-graph-thread.ts', import.meta.url);
      const thread = threads.length === 0 ? new Worker(entry, { workerData }) : startGraphThread(workerData);
      threads.push(thread);
      return thread;
    };
    const worker = await open({ timers, startThread });
    const running = worker.run(GRAPH, feeds(1000));
    threads[0]?.postMessage(LAST_MESSAGE);
    const waiting = worker.run(GRAPH, feeds(1));
    await expect(waiting).rejects.toMatchObject({ code: 'failed' });
    await Promise.allSettled([running]);
    timers.advance(100);
    expect((await worker.run(GRAPH, feeds(1))).speech).toBeDefined();
    expect(worker.stats()).toEqual({ pending: 0, dropped: 0, restarts: 1 });
  });
});
