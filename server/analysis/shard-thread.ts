// Entry of an analysis thread: opens the models of `workerData`, then analyzes the sessions that it is given.
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { config as rxjs } from 'rxjs';
import { borrowModels } from '../../models/index.ts';
import { systemClock } from '../../pipeline/index.ts';
import { describeCause } from '../observability/describe-cause.ts';
import { AnalysisThread } from './analysis-thread.ts';
import type { ShardData, ShardReply, ShardRequest } from './shard-messages.ts';

/** Interval of the reports on the thread itself, in ms. */
const STATE_EVERY_MS = 1000;

if (parentPort === null) throw new TypeError('shard-thread.ts is the entry of a worker thread');
const port = parentPort;
const { loan, current } = workerData as ShardData;
const post = (reply: ShardReply): void => port.postMessage(reply, buffersOf(reply));

// Without this handler, an error thrown inside one session's subscription would end the thread and all its sessions.
rxjs.onUnhandledError = (error: unknown) =>
  post({ kind: 'log', message: `the analysis of a session threw: ${describeCause(error).cause}` });

try {
  const models = await borrowModels(loan, (message) => post({ kind: 'log', message }));
  const thread = new AnalysisThread({ models, clock: systemClock, current, post });
  const states = systemClock.scheduler.schedule(function tell() {
    const { used_heap_size: heapBytes, heap_size_limit: heapLimitBytes } = getHeapStatistics();
    const state = { heapBytes, heapLimitBytes, perception: models.stats(), failing: models.failing() };
    post({ kind: 'state', state });
    this.schedule(undefined, STATE_EVERY_MS);
  });
  port.on('message', (request: ShardRequest) => {
    if (request.kind !== 'stop') {
      thread.take(request);
      return;
    }
    states.unsubscribe();
    void models.close().then(() => port.close());
  });
  post({ kind: 'ready' });
} catch (error) {
  post({ kind: 'refused', message: describeCause(error).cause });
}

/** Pictures on their way to be decoded are not copied. */
function buffersOf(reply: ShardReply): ArrayBuffer[] {
  if (reply.kind !== 'report') return [];
  return reply.outputs.flatMap((output) =>
    output.kind === 'decode' ? [output.image.bytes.buffer as ArrayBuffer] : [],
  );
}
