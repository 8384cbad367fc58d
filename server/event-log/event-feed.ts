import type { EventPosition, EventsDropped } from '../../client-sdk/protocol/index.ts';
import type { EventLog, LoggedEvent } from './event-log.ts';

/** Bytes in flight to one receiver, whatever the number of events. */
const MAX_IN_FLIGHT_BYTES = 1024 * 1024;

/** Where a feed sends to: a WebSocket, an event stream. */
export interface FeedSink {
  /** Sends one event; `flushed` is called once the operating system has taken it. */
  send(event: LoggedEvent, flushed: () => void): void;
  /** Tells which events are gone for this receiver, and why. */
  tellDropped(dropped: EventsDropped): void;
  /** The last event of the session was flushed. */
  end(): void;
}

export interface EventFeedOptions {
  readonly log: EventLog;
  /** Where the receiver stands. */
  readonly after: EventPosition;
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
    const { afterSequence, restarted } = options.log.resume(options.after);
    this.#options = options;
    this.#position = afterSequence;
    if (restarted !== null) options.sink.tellDropped(restarted);
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
    const evicted = log.evictedAfter(this.#position);
    if (evicted === null) return;
    this.#position = evicted.toSequence;
    sink.tellDropped(evicted);
    onDropped?.(evicted.toSequence - evicted.fromSequence + 1);
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
