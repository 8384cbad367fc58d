import type { EventPosition, EventsDropped, ParticipantRole } from '../../client-sdk/protocol/index.ts';
import type { LoggedEvent } from './logged-event.ts';
import type { Resumption } from './resumption.ts';

/** A log that any number of readers follow: one session's, or the joint log of all sessions. */
export interface ReadableLog {
  readonly epoch: string;
  /** Sequence of the oldest event in the log. One above {@link lastSequence} when the log is empty. */
  readonly firstSequence: number;
  /** Sequence of the newest event, 0 before the first. */
  readonly lastSequence: number;
  /** True when no further event will follow. */
  readonly closed: boolean;
  /** The event with this sequence. Undefined when the log no longer has it or does not have it yet. */
  at(sequence: number): LoggedEvent | undefined;
  /** Where a reader with this position continues. */
  resume(position: EventPosition): Resumption;
  /** The events right after `sequence` that were dropped. Null when the next event is there, or is still to come. */
  evictedAfter(sequence: number): EventsDropped | null;
  /** Calls `listener` after each change. Returns the function that stops it. */
  onChange(listener: () => void): () => void;
}

/** Which events a reader wants. */
export interface EventFilter {
  /** Default: all types. */
  readonly types?: readonly LoggedEvent['type'][];
  /** Roles of the participant that an event is about. Events about a whole session pass. Default: all roles. */
  readonly roles?: readonly ParticipantRole[];
}

/** Whether a reader with this filter gets the event. */
export function passes({ types, roles }: EventFilter, { type, role }: Pick<LoggedEvent, 'type' | 'role'>): boolean {
  return (types?.includes(type) ?? true) && (role === null || (roles?.includes(role) ?? true));
}
