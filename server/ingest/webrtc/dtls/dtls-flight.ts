import type { Subscription } from 'rxjs';
import type { Clock } from '../../../../pipeline/index.ts';

export interface DtlsFlightOptions {
  readonly clock: Clock;
  readonly send: (datagram: Buffer) => void;
}

/** Pause before the first repetition of a flight, in ms; each further one is half as long again. */
const REPEAT_MS = 500;
/** Times that a flight is sent, by its timer or because the client repeats its own. */
const MAX_SENDINGS = 24;
/** Largest datagram that several records share, in bytes. */
const MAX_DATAGRAM_BYTES = 1200;

/** The messages that the client is to answer next. They are sent again while it does not (RFC 6347, 4.2.4). */
export class DtlsFlight {
  readonly #options: DtlsFlightOptions;
  /** Makes the records; each time that they are sent they need new numbers. */
  #records: readonly (() => Buffer)[] = [];
  #sendings = 0;
  #timer: Subscription | null = null;

  constructor(options: DtlsFlightOptions) {
    this.#options = options;
  }

  /** Sends a new flight in place of the one before. */
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

  /** Sends the flight again by a timer, until {@link stop}. */
  repeat(delayMs = REPEAT_MS): void {
    this.#timer = this.#options.clock.scheduler.schedule(() => {
      this.send();
      if (this.#sendings < MAX_SENDINGS) this.repeat(1.5 * delayMs);
    }, delayMs);
  }

  /** Repeats nothing by itself any more. */
  stop(): void {
    this.#timer?.unsubscribe();
  }

  /** {@link stop}, and forgets the flight. */
  close(): void {
    this.stop();
    this.#records = [];
  }
}
