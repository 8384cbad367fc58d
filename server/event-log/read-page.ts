import type { LoggedEvent } from './logged-event.ts';
import { type EventFilter, passes, type ReadableLog } from './readable-log.ts';

export interface PageOptions {
  readonly filter?: EventFilter;
  /** Most events. */
  readonly limit: number;
  /** About the most bytes. The page has at least one event if there is one. */
  readonly maxBytes: number;
}

export interface EventsOfPage {
  readonly events: readonly LoggedEvent[];
  /** Sequence up to which the log was read: where the next page starts. */
  readonly next: number;
}

/** Events of a log after `sequence`. If the log has dropped the next ones, the page starts with the oldest that it has. */
export function readPage(log: ReadableLog, sequence: number, options: PageOptions): EventsOfPage {
  const { filter = {}, limit, maxBytes } = options;
  const events: LoggedEvent[] = [];
  let bytes = 0;
  let next = Math.max(sequence, log.firstSequence - 1);
  while (next < log.lastSequence && events.length < limit && bytes < maxBytes) {
    next += 1;
    const event = log.at(next);
    if (event === undefined || !passes(filter, event)) continue;
    events.push(event);
    bytes += event.json.byteLength;
  }
  return { events, next };
}
