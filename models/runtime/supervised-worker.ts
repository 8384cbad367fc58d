import type { TransferListItem } from 'node:worker_threads';
import { firstLine, ModelError } from '../model-error.ts';
import { systemTimers, type Timers } from '../timers.ts';
import type { WorkerReply, WorkerRequest } from './worker-messages.ts';

/** A worker thread, as its supervisor uses it: a `Worker`, or one that another thread started. */
export interface WorkerThread {
  postMessage(message: unknown, transfer: readonly TransferListItem[]): void;
  on(event: 'message' | 'error', listener: (value: unknown) => void): unknown;
  once(event: 'exit', listener: () => void): unknown;
}

export interface SupervisedWorkerOptions {
  /** Names the worker in errors and log lines, for example `emotion worker`. */
  readonly name: string;
  /** Starts a worker that speaks {@link WorkerReply}. Called again after a crash. */
  readonly start: () => WorkerThread;
  /** Most unanswered requests. Further ones are rejected as `overloaded`. Default 256. */
  readonly maxPending?: number;
  /** Called with one line when the worker crashes. */
  readonly log: (message: string) => void;
  readonly timers?: Timers;
}

export interface SupervisedWorker<Hello, Request, Reply> {
  /** The first worker's message when it was ready. */
  readonly hello: Hello;
  /** Unanswered requests. */
  readonly pending: number;
  /** Crashes survived so far. */
  readonly restarts: number;
  /** Requests rejected because {@link SupervisedWorkerOptions.maxPending} was reached. */
  readonly dropped: number;
  /** Answered in the order asked. Rejects with a `ModelError`: `overloaded`, `failed` or `closed`. */
  request(body: Request, transfer: readonly TransferListItem[]): Promise<Reply>;
  /**
   * Lets the unanswered requests finish, then ends the worker. It is never terminated from outside: that aborts the
   * process when native code is running in it.
   */
  close(): Promise<void>;
}

const FIRST_RESTART_DELAY_MS = 100;
const MAX_RESTART_DELAY_MS = 10_000;

interface Pending<Reply> {
  resolve(reply: Reply): void;
  reject(error: ModelError): void;
}

/**
 * Keeps one worker thread alive. When it crashes, its unanswered requests are rejected and it is started again after
 * 100 ms, doubling up to 10 s until a request succeeds; meanwhile requests are rejected at once.
 *
 * @throws ModelError `failed` when the first worker cannot get ready
 */
export async function superviseWorker<Hello, Request, Reply>(
  options: SupervisedWorkerOptions,
): Promise<SupervisedWorker<Hello, Request, Reply>> {
  const { name, start, log, maxPending = 256, timers = systemTimers } = options;
  const pending = new Map<number, Pending<Reply>>();
  let worker: WorkerThread | null = null;
  let exited: Promise<void> = Promise.resolve();
  let cancelRestart = () => {};
  let nextId = 0;
  let restarts = 0;
  let dropped = 0;
  let crashesInARow = 0;
  let closing = false;

  function launch(onReady: (hello: Hello) => void, onStop: (error: ModelError) => void): void {
    const launched = start();
    let reason: unknown = 'it exited';
    worker = launched;
    exited = new Promise((resolve) => {
      launched.once('exit', () => {
        if (worker === launched) worker = null;
        const error = closing
          ? ModelError.closed(name)
          : ModelError.failed(
              `The ${name} stopped (${firstLine(reason)}).`,
              reason instanceof Error ? reason : undefined,
            );
        for (const request of pending.values()) request.reject(error);
        pending.clear();
        onStop(error);
        resolve();
      });
    });
    launched.on('error', (error) => {
      reason = error;
    });
    launched.on('message', (value) => {
      const message = value as WorkerReply<Hello, Reply>;
      switch (message.kind) {
        case 'ready':
          onReady(message.hello);
          break;
        case 'refused':
          reason = message.message;
          break;
        case 'reply':
          crashesInARow = 0;
          take(message.id)?.resolve(message.body);
          break;
        case 'error':
          take(message.id)?.reject(ModelError.failed(`The ${name} failed: ${message.message}`));
          break;
      }
    });
  }

  function take(id: number): Pending<Reply> | undefined {
    const request = pending.get(id);
    pending.delete(id);
    return request;
  }

  function restartLater(error: ModelError): void {
    if (closing) return;
    const delayMs = Math.min(FIRST_RESTART_DELAY_MS * 2 ** crashesInARow, MAX_RESTART_DELAY_MS);
    crashesInARow += 1;
    restarts += 1;
    log(`${error.message} It starts again in ${delayMs} ms.`);
    cancelRestart = timers.after(delayMs, () => launch(() => {}, restartLater));
  }

  const hello = await new Promise<Hello>((resolve, reject) => {
    let ready = false;
    launch(
      (said) => {
        ready = true;
        resolve(said);
      },
      (error) => {
        if (ready) restartLater(error);
        else reject(error);
      },
    );
  });

  return {
    hello,
    get pending() {
      return pending.size;
    },
    get restarts() {
      return restarts;
    },
    get dropped() {
      return dropped;
    },
    request(body, transfer) {
      if (closing) return Promise.reject(ModelError.closed(name));
      if (worker === null) return Promise.reject(ModelError.failed(`The ${name} is starting again after a crash.`));
      if (pending.size >= maxPending) {
        dropped += 1;
        return Promise.reject(ModelError.overloaded(name));
      }
      const id = nextId;
      nextId += 1;
      const message: WorkerRequest<Request> = { kind: 'request', id, body };
      worker.postMessage(message, transfer);
      return new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
    },
    async close() {
      if (!closing) {
        closing = true;
        cancelRestart();
        worker?.postMessage({ kind: 'close' } satisfies WorkerRequest<Request>, []);
      }
      await exited;
    },
  };
}
