import type { EventPosition, EventsDropped } from '../../client-sdk/protocol/index.ts';
import type { EventLog } from './event-log.ts';
import type { FanOut, WaitingReader } from './fan-out.ts';
import type { LoggedEvent } from './logged-event.ts';

/** Bytes in flight to one receiver, whatever the number of events. */
const MAX_IN_FLIGHT_BYTES = 256 * 1024;
/** What each may have in flight while slow receivers hold up too much together. */
const CROWDED_EVENTS = 4;
const CROWDED_BYTES = 16 * 1024;
/** Events that are sent in one turn: enough to catch up fast, few enough to share the thread. */
const EVENTS_A_TURN = 16;

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
  /** Gives the receivers of all logs their turns. Default: everything is sent at once. */
  readonly fanOut?: FanOut;
  /** Events sent and not yet flushed; what follows waits in the log, and is dropped only when the log drops it. */
  readonly maxInFlight: number;
  /** Told how many events of the past the receiver is sent first. */
  readonly onCatchUp?: (count: number) => void;
  /** Told how many events the receiver lost. */
  readonly onDropped?: (count: number) => void;
}

/**
 * Follows an event log on behalf of one receiver. It holds a position, not a queue: a slow receiver costs nothing
 * and slows no one, and what the log has dropped meanwhile is reported to it.
 */
export class EventFeed implements WaitingReader {
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
    const { firstSequence, lastSequence } = options.log;
    options.onCatchUp?.(lastSequence - Math.max(afterSequence, firstSequence - 1));
    this.#unlisten = options.log.onChange(() => this.#askForTurn());
    this.#askForTurn();
  }

  /** Sends nothing more. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#unlisten();
    const { fanOut, log } = this.#options;
    fanOut?.remove(log, this);
    fanOut?.count(-this.#inFlight, -this.#inFlightBytes);
  }

  takeTurn(): boolean {
    for (let sent = 0; sent < EVENTS_A_TURN && this.#maySend(); sent += 1) {
      this.#skipDropped();
      const event = this.#options.log.at(this.#position + 1);
      if (event !== undefined) this.#send(event);
    }
    const { log, sink } = this.#options;
    if (log.closed && this.#position >= log.lastSequence && this.#inFlight === 0 && !this.#stopped) {
      this.stop();
      sink.end();
    }
    return this.#maySend();
  }

  #askForTurn(): void {
    const { fanOut, log } = this.#options;
    if (this.#stopped) return;
    if (fanOut !== undefined) {
      fanOut.add(log, this);
    } else if (!this.#sending) {
      this.#sending = true;
      while (this.takeTurn());
      this.#sending = false;
    }
  }

  #maySend(): boolean {
    const { fanOut, log, maxInFlight } = this.#options;
    const isCrowded = fanOut?.isCrowded === true;
    return (
      !this.#stopped &&
      this.#position < log.lastSequence &&
      this.#inFlight < (isCrowded ? Math.min(CROWDED_EVENTS, maxInFlight) : maxInFlight) &&
      this.#inFlightBytes < (isCrowded ? CROWDED_BYTES : MAX_IN_FLIGHT_BYTES)
    );
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
    const { fanOut, sink } = this.#options;
    const bytes = event.json.byteLength;
    this.#position = event.sequence;
    this.#inFlight += 1;
    this.#inFlightBytes += bytes;
    fanOut?.count(1, bytes);
    sink.send(event, () => {
      if (this.#stopped) return;
      this.#inFlight -= 1;
      this.#inFlightBytes -= bytes;
      fanOut?.count(-1, -bytes);
      // A receiver that keeps up has nothing to ask for.
      if (this.#position < this.#options.log.lastSequence || this.#options.log.closed) this.#askForTurn();
    });
  }
}
