import { EventEmitter } from 'node:events';
import type { MessagePort, TransferListItem } from 'node:worker_threads';
import type { WorkerThread } from '../runtime/supervised-worker.ts';

/** A worker thread that another thread started. Requests and answers go to it directly. */
export class BorrowedThread
  extends EventEmitter<{ message: [unknown]; error: [unknown]; exit: [] }>
  implements WorkerThread
{
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.on('message', (message: unknown) => this.emit('message', message));
  }

  postMessage(message: unknown, transfer: readonly TransferListItem[]): void {
    this.#port.postMessage(message, transfer);
  }

  /** The thread that started it says that an error ended it. */
  failed(message: string): void {
    this.emit('error', new Error(message));
  }

  /** The thread that started it says that it has ended. */
  ended(): void {
    this.#port.close();
    this.emit('exit');
  }
}
