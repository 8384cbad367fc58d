/**
 * Where a reader stands in a session's event log. Sequences count within one log: a session that is opened again with
 * the same id, as after a restart of the server, has another log, and another epoch tells so.
 */
export interface EventPosition {
  /** Epoch of the log; null where the reader knows none and means the log that is there. */
  readonly epoch: string | null;
  /** Last sequence already seen, 0 for none. */
  readonly sequence: number;
}

/** Where every log begins. */
export const LOG_START: EventPosition = { epoch: null, sequence: 0 };

const EPOCH_PATTERN = /^[A-Za-z0-9_-]{1,32}$/;
const POSITION_PATTERN = /^(?:([A-Za-z0-9_-]{1,32}):)?(\d{1,15})$/;

/** Whether `value` can be the epoch of a log: 1 to 32 of `A-Z a-z 0-9 _ -`. */
export function isEpoch(value: string): boolean {
  return EPOCH_PATTERN.test(value);
}

/** The position as text, as in `Last-Event-ID`: `<epoch>:<sequence>`, or the sequence alone where no epoch is known. */
export function formatPosition({ epoch, sequence }: EventPosition): string {
  return epoch === null ? String(sequence) : `${epoch}:${sequence}`;
}

/** Reads what {@link formatPosition} writes; null where the text is no position. */
export function parsePosition(text: string): EventPosition | null {
  const match = POSITION_PATTERN.exec(text);
  return match === null ? null : { epoch: match[1] ?? null, sequence: Number(match[2]) };
}
