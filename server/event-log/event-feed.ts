import type { EventPosition, EventsDropped } from '../../client-sdk/protocol/index.ts';
import type { FanOut, WaitingReader } from './fan-out.ts';
import type { LoggedEvent } from './logged-event.ts';
import { type EventFilter, passes, type ReadableLog } from './readable-log.ts';

/** Bytes in flight to one receiver, for any number of events. */
const MAX_IN_FLIGHT_BYTES = 256 * 1024;
/** Limits per receiver while slow receivers together hold up too much. */
const CROWDED_EVENTS = 4;
const CROWDED_BYTES = 16 * 1024;
/** Events that are sent per turn: enough to catch up fast, few enough to share the thread. */
const EVENTS_A_TURN = 16;
/** Events that are looked at per turn, those that the receiver does not want included. */
const LOOKS_A_TURN = 256;
const EVERYTHING: EventFilter = {};

/** Destination of a feed, such as a WebSocket or an event stream. */
export interface FeedSink {
  /** Sends one event. Calls `flushed` once the operating system has taken it. */
  send(event: LoggedEvent, flushed: () => void): void;
  /** Reports which events this receiver has lost, and why. */
  tellDropped(dropped: EventsDropped): void;
  /** Called after the last event of the log was flushed. */
  end(): void;
}

export interface EventFeedOptions {
  readonly log: ReadableLog;
  /** Position after which the receiver continues. */
  readonly after: EventPosition;
  /** Which events the receiver wants. Default: all. */
  readonly filter?: EventFilter;
  readonly sink: FeedSink;
  /** Gives the receivers of all logs their turns. Default: everything is sent at once. */
  readonly fanOut?: FanOut;
  /**
   * Events that may be sent and not yet flushed. Further events wait in the log and are dropped only when the log drops
   * them.
   */
  readonly maxInFlight: number;
  /** Called with the number of past events that the receiver gets first. */
  readonly onCatchUp?: (count: number) => void;
  /** Called with the number of events that the receiver lost. */
  readonly onDropped?: (count: number) => void;
}

/**
 * Follows a log for one receiver. It holds a position instead of a queue, so a slow receiver needs no memory and
 * delays nobody. It reports events that the log has dropped in the meantime.
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
    const { log, sink, filter = EVERYTHING } = this.#options;
    let sent = 0;
    for (let looks = 0; looks < LOOKS_A_TURN && sent < EVENTS_A_TURN && this.#maySend(); looks += 1) {
      this.#skipDropped();
      const event = log.at(this.#position + 1);
      if (event === undefined) continue;
      this.#position = event.sequence;
      if (!passes(filter, event)) continue;
      this.#send(event);
      sent += 1;
    }
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
    this.#inFlight += 1;
    this.#inFlightBytes += bytes;
    fanOut?.count(1, bytes);
    sink.send(event, () => {
      if (this.#stopped) return;
      this.#inFlight -= 1;
      this.#inFlightBytes -= bytes;
      fanOut?.count(-1, -bytes);
      // A receiver that has sent everything needs no turn.
      if (this.#position < this.#options.log.lastSequence || this.#options.log.closed) this.#askForTurn();
    });
  }
}
