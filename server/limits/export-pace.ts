import type { IncomingMessage } from 'node:http';
import { firstValueFrom, timer } from 'rxjs';
import type { Clock } from '../../pipeline/index.ts';
import type { ConnectionGuard } from './connection-guard.ts';
import type { ReadPace } from './read-pace.ts';

export interface ExportPaceOptions {
  readonly pace: ReadPace;
  readonly connectionGuard: Pick<ConnectionGuard, 'keepOpen'>;
  readonly clock: Clock;
}

/** A response, or anything else that closes. */
interface Closing {
  once(event: 'close', listener: () => void): unknown;
}

/** Exports that run at once. */
const MAX_EXPORTS = 4;
/**
 * Main thread's time per byte of an export, in ms. Measured on 2 cores of an Intel Xeon: 6e-5 for CSV, 2e-5 for utterances as
 * JSON, 5e-6 for events.
 */
const BYTE_MS = 6e-5;
/** Pause while the address has used its share of the thread, in ms. */
const PAUSE_MS = 50;
/** Time after which a client that takes nothing is disconnected, in ms. */
const STALL_MS = 60_000;

/** Bounds how much of the server exports use: their number, and their share of the main thread. */
export class ExportPace {
  readonly #options: ExportPaceOptions;
  #running = 0;

  constructor(options: ExportPaceOptions) {
    this.#options = options;
  }

  /** Admits one more export. False when too many are running. An export may take long, but its client must go on reading. */
  admit({ socket }: Pick<IncomingMessage, 'socket'>, response: Closing): boolean {
    if (this.#running >= MAX_EXPORTS) return false;
    this.#running += 1;
    this.#options.connectionGuard.keepOpen(socket);
    socket.setTimeout(STALL_MS, () => socket.destroy());
    response.once('close', () => {
      this.#running -= 1;
      socket.setTimeout(0);
    });
    return true;
  }

  /** Passes the parts of an export on, as fast as the client's share of the thread allows. */
  async *slow(parts: AsyncIterable<Buffer>, request: IncomingMessage): AsyncGenerator<Buffer> {
    const { pace, clock } = this.#options;
    for await (const part of parts) {
      pace.charge(request, part.byteLength * BYTE_MS);
      while (!pace.isFree(request)) await firstValueFrom(timer(PAUSE_MS, clock.scheduler));
      yield part;
    }
  }
}
