import type { EventLog, LoggedEvent } from './event-log.ts';

/** Bytes in flight to one receiver, whatever the number of events. */
const MAX_IN_FLIGHT_BYTES = 1024 * 1024;

/** Where a feed sends to: a WebSocket, an event stream. */
export interface FeedSink {
  /** Sends one event; `flushed` is called once the operating system has taken it. */
  send(event: LoggedEvent, flushed: () => void): void;
  /** Tells that the events `fromSequence`…`toSequence` are gone for this receiver. */
  tellDropped(fromSequence: number, toSequence: number): void;
  /** The last event of the session was flushed. */
  end(): void;
}

export interface EventFeedOptions {
  readonly log: EventLog;
  /** Last sequence the receiver has seen, 0 for none. */
  readonly afterSequence: number;
  readonly sink: FeedSink;
  /** Events sent and not yet flushed; what follows waits in the log, and is dropped only when the log drops it. */
  readonly maxInFlight: number;
  /** Told how many events the receiver lost. */
  readonly onDropped?: (count: number) => void;
}

/**
 * Follows an event log on behalf of one receiver. It holds a position, not a queue: a slow receiver costs nothing
 * and slows no one, and what the log has dropped meanwhile is reported to it.
 */
export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #unlisten: () => void;
  #position: number;
  #inFlight = 0;
  #inFlightBytes = 0;
  #sending = false;
  #stopped = false;

  constructor(options: EventFeedOptions) {
    this.#options = options;
    this.#position = options.afterSequence;
    this.#unlisten = options.log.onChange(() => this.#advance());
    this.#advance();
  }

  /** Sends nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#unlisten();
  }

  #advance(): void {
    if (this.#sending || this.#stopped) return;
    const { log, maxInFlight, sink } = this.#options;
    this.#sending = true;
    while (
      this.#position < log.lastSequence &&
      this.#inFlight < maxInFlight &&
      this.#inFlightBytes < MAX_IN_FLIGHT_BYTES &&
      !this.#stopped
    ) {
      this.#skipDropped();
      const event = log.at(this.#position + 1);
      if (event !== undefined) this.#send(event);
    }
    this.#sending = false;
    if (log.closed && this.#position >= log.lastSequence && this.#inFlight === 0 && !this.#stopped) {
      this.stop();
      sink.end();
    }
  }

  #skipDropped(): void {
    const { log, sink, onDropped } = this.#options;
    const from = this.#position + 1;
    if (from >= log.firstSequence) return;
    this.#position = log.firstSequence - 1;
    sink.tellDropped(from, this.#position);
    onDropped?.(this.#position - from + 1);
  }

  #send(event: LoggedEvent): void {
    const bytes = event.json.byteLength;
    this.#position = event.sequence;
    this.#inFlight += 1;
    this.#inFlightBytes += bytes;
    this.#options.sink.send(event, () => {
      this.#inFlight -= 1;
      this.#inFlightBytes -= bytes;
      this.#advance();
    });
  }
}
