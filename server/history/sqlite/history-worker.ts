import { Worker } from 'node:worker_threads';
import { HistoryError } from '../history-error.ts';
import type { CrossedError, ThreadCall, ThreadData, ThreadReply } from './thread-messages.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: HistoryError): void;
}

/** Requests of readers that may wait for a thread at once. */
const MAX_READS = 256;

/** A thread of the history, as the main thread knows it. */
export class HistoryWorker {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #opened = Promise.withResolvers<boolean>();
  #failure: HistoryError | null = null;
  #lastId = 0;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (message: ThreadReply) => this.#take(message));
    worker.on('error', (error) =>
      this.#fail(new HistoryError('failed', 'the history’s thread broke down', { cause: error })),
    );
    worker.on('exit', () => this.#fail(new HistoryError('closed', 'the history is closed')));
  }

  /**
   * Starts a thread and opens the database in it.
   *
   * @returns the thread, and whether the log was whole.
   * @throws HistoryError
   */
  static async start(data: ThreadData): Promise<{ readonly worker: HistoryWorker; readonly wasWhole: boolean }> {
    const worker = new HistoryWorker(
      new Worker(new URL('./history-thread.ts', import.meta.url), { workerData: data, name: `history-${data.role}` }),
    );
    return { worker, wasWhole: await worker.#opened.promise };
  }

  /** @throws HistoryError `too-slow` when too many requests wait, and as {@link call}. */
  read<T>(call: ThreadCall): Promise<T> {
    if (this.#waiting.size < MAX_READS) return this.call(call);
    return Promise.reject(new HistoryError('too-slow', 'too many requests wait for the history; try again later'));
  }

  /** @throws HistoryError */
  call<T>(call: ThreadCall, transfer: ArrayBuffer[] = []): Promise<T> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#lastId += 1;
    const id = this.#lastId;
    const waiting = Promise.withResolvers<T>();
    this.#waiting.set(id, waiting as Waiting);
    this.#worker.ref();
    this.#worker.postMessage({ id, call }, transfer);
    return waiting.promise;
  }

  async close(): Promise<void> {
    if (this.#failure !== null) return;
    await this.call({ method: 'close' });
    await this.#worker.terminate();
  }

  #take(message: ThreadReply): void {
    if (message.kind === 'opened') {
      this.#opened.resolve(message.wasWhole);
      this.#rest();
    } else if (message.kind === 'not-opened') {
      this.#fail(toError(message.error));
    } else {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.kind === 'done') waiting?.resolve(message.value);
      else waiting?.reject(toError(message.error));
      this.#rest();
    }
  }

  /** The thread keeps the process running only while somebody waits for it. */
  #rest(): void {
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #fail(error: HistoryError): void {
    this.#failure ??= error;
    this.#opened.reject(this.#failure);
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failure);
    this.#waiting.clear();
  }
}

function toError({ code, message, detail }: CrossedError): HistoryError {
  return new HistoryError(code, message, detail === null ? undefined : { cause: new Error(detail) });
}
