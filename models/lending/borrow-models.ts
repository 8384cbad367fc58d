import { MessageChannel } from 'node:worker_threads';
import { openLanguageModel } from '../language/language-model.ts';
import { ModelError } from '../model-error.ts';
import type { EmotionModel } from '../model-interfaces.ts';
import { perceptionProbes } from '../model-probes.ts';
import type { SessionModels } from '../open-models.ts';
import { openPerception, type PerceptionStats } from '../open-perception.ts';
import type { GraphWorkerData } from '../runtime/graph-worker-messages.ts';
import { ModelHealth } from '../runtime/model-health.ts';
import { BorrowedThread } from './borrowed-thread.ts';
import type { EmotionCall, LoanReply, LoanRequest, ModelLoan } from './loan-messages.ts';

/** Models of one analysis thread: perception of its own, and the emotion model that all such threads share. */
export interface BorrowedModels {
  forSession(sessionId: string): SessionModels;
  /** Of this thread's perception. */
  stats(): PerceptionStats;
  /** Models of this thread's perception that do not run, as readable text; empty if all run. */
  failing(): readonly string[];
  /** Tries each of them now. */
  doubt(): void;
  close(): Promise<void>;
}

interface Asking {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/**
 * Opens the models of a thread from what another thread lends it.
 *
 * @param log - called with one line when a worker crashes, and when a model stops running
 * @throws ModelError `failed` when a graph cannot run
 */
export async function borrowModels(
  { emotion, port }: ModelLoan,
  log: (message: string) => void,
): Promise<BorrowedModels> {
  const asking = new Map<number, Asking>();
  const threads = new Map<number, BorrowedThread>();
  let lastId = 0;
  let health: ModelHealth | null = null;

  port.on('message', (reply: LoanReply) => {
    const { id } = reply;
    if (reply.kind === 'answer') asking.get(id)?.resolve(reply.answer);
    else if (reply.kind === 'error') asking.get(id)?.reject(toError(reply.code, reply.message));
    else if (reply.kind === 'thread-error') threads.get(id)?.failed(reply.message);
    else threads.get(id)?.ended();
    if (reply.kind === 'answer' || reply.kind === 'error') asking.delete(id);
    if (reply.kind === 'thread-exit') threads.delete(id);
  });
  // Open sessions keep the thread alive, not this.
  port.unref();

  function ask<A>(sessionId: string, call: EmotionCall): Promise<A> {
    lastId += 1;
    const id = lastId;
    port.postMessage({ kind: 'call', id, sessionId, call } satisfies LoanRequest);
    return new Promise<A>((resolve, reject) => asking.set(id, { resolve: resolve as Asking['resolve'], reject }));
  }

  function startThread(data: GraphWorkerData): BorrowedThread {
    lastId += 1;
    const { port1, port2 } = new MessageChannel();
    const thread = new BorrowedThread(port1);
    threads.set(lastId, thread);
    const request: LoanRequest = { kind: 'start-thread', id: lastId, data: { ...data, port: port2 } };
    port.postMessage(request, [port2]);
    return thread;
  }

  const emotionOf = (sessionId: string): EmotionModel => ({
    ...emotion,
    embedText: (input) => ask(sessionId, { method: 'embedText', input }),
    embedFaces: (input) => ask(sessionId, { method: 'embedFaces', input }),
    fuse: (input) => ask(sessionId, { method: 'fuse', input }),
    close: () => Promise.resolve(),
  });

  const [perception, language] = await Promise.all([
    openPerception({
      startThread,
      log(message) {
        log(message);
        void health?.check();
      },
    }),
    openLanguageModel(),
  ]);
  const watch = new ModelHealth({ probes: perceptionProbes(perception.forSession('')), log });
  health = watch;
  const close = async (): Promise<void> => {
    watch.close();
    await perception.close();
    port.close();
  };
  await watch.start().catch((error: unknown) => close().then(() => Promise.reject(error)));
  return {
    forSession: (sessionId) => ({ ...perception.forSession(sessionId), emotion: emotionOf(sessionId), language }),
    stats: () => perception.stats(),
    failing: () => watch.failing,
    doubt: () => void watch.check(),
    close,
  };
}

function toError(code: (LoanReply & { kind: 'error' })['code'], message: string): Error {
  return code === 'invalid' ? new RangeError(message) : ModelError.of(code, message);
}
