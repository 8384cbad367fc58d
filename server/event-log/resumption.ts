import type { EventPosition, EventsDropped } from '../../client-sdk/protocol/index.ts';

/** Where a reader continues, and what it must receive first. */
export interface Resumption {
  /** Last sequence of this log that counts as seen. */
  readonly afterSequence: number;
  /** The notice that the reader's log is gone. Null when the reader followed this log. */
  readonly restarted: EventsDropped | null;
}

/**
 * Where a reader with this position continues in a log. A position with another epoch, or one beyond the end of the log,
 * comes from another log. Its reader gets a notice and then this log from the start.
 */
export function resumeLog(
  log: { readonly epoch: string; readonly lastSequence: number },
  { epoch, sequence }: EventPosition,
): Resumption {
  const isOwn = (epoch === null || epoch === log.epoch) && sequence <= log.lastSequence;
  if (isOwn) return { afterSequence: sequence, restarted: null };
  const unseen = Math.min(sequence + 1, Number.MAX_SAFE_INTEGER);
  return { afterSequence: 0, restarted: dropped('restarted', log.epoch, unseen, unseen) };
}

/** The notice that a log no longer has events after `sequence`. Null when it has all of them, from `first` on. */
export function evictedBefore(epoch: string, sequence: number, first: number): EventsDropped | null {
  return sequence + 1 >= first ? null : dropped('evicted', epoch, sequence + 1, first - 1);
}

function dropped(
  reason: NonNullable<EventsDropped['reason']>,
  epoch: string,
  fromSequence: number,
  toSequence: number,
): EventsDropped {
  return { type: 'events.dropped', reason, epoch, fromSequence, toSequence };
}
