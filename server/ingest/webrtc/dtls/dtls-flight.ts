import type { Subscription } from 'rxjs';
import type { Clock } from '../../../../pipeline/index.ts';

export interface DtlsFlightOptions {
  readonly clock: Clock;
  readonly send: (datagram: Buffer) => void;
}

/** Pause before a flight is first repeated, in ms. Each further pause is 1.5 times as long. */
const REPEAT_MS = 500;
/** How often a flight may be sent, because of its timer or because the client repeats its own flight. */
const MAX_SENDINGS = 24;
/** Largest datagram that combines several records, in bytes. */
const MAX_DATAGRAM_BYTES = 1200;

/** The messages that the client must answer next. They are repeated until the client answers (RFC 6347, 4.2.4). */
export class DtlsFlight {
  readonly #options: DtlsFlightOptions;
  /** Builds the records. Each repetition needs new record numbers. */
  #records: readonly (() => Buffer)[] = [];
  #sendings = 0;
  #timer: Subscription | null = null;

  constructor(options: DtlsFlightOptions) {
    this.#options = options;
  }

  /** Sends a new flight. It replaces the previous one. */
  start(records: readonly (() => Buffer)[]): void {
    this.#records = records;
    this.#sendings = 0;
    this.send();
  }

  /** Sends the flight again, up to a limit. */
  send(): void {
    if (this.#sendings === MAX_SENDINGS) return;
    this.#sendings += 1;
    let datagram: Buffer[] = [];
    let bytes = 0;
    for (const record of this.#records.map((make) => make())) {
      if (bytes + record.length > MAX_DATAGRAM_BYTES) {
        this.#options.send(Buffer.concat(datagram));
        [datagram, bytes] = [[], 0];
      }
      datagram.push(record);
      bytes += record.length;
    }
    if (datagram.length > 0) this.#options.send(Buffer.concat(datagram));
  }

  /** Repeats the flight by a timer until {@link stop}. */
  repeat(delayMs = REPEAT_MS): void {
    this.#timer = this.#options.clock.scheduler.schedule(() => {
      this.send();
      if (this.#sendings < MAX_SENDINGS) this.repeat(1.5 * delayMs);
    }, delayMs);
  }

  /** Stops the timer. */
  stop(): void {
    this.#timer?.unsubscribe();
  }

  /** Stops the timer and forgets the flight. */
  close(): void {
    this.stop();
    this.#records = [];
  }
}
