import { randomBytes } from 'node:crypto';
import { type EventPosition, type EventsDropped, formatPosition } from '../../client-sdk/protocol/index.ts';
import type { EventLog } from './event-log.ts';
import { type LoggedEvent, toStreamed } from './logged-event.ts';
import type { ReadableLog } from './readable-log.ts';
import { evictedBefore, type Resumption, resumeLog } from './resumption.ts';

export interface JointLogOptions {
  /** Events whose place is remembered, 1 or more. Default 65,536. */
  readonly maxEvents?: number;
  /** The log of a session that the server still holds. */
  readonly find: (sessionId: string) => EventLog | undefined;
  /** Name of this log. Default: a random one. */
  readonly epoch?: string;
}

const MAX_EVENTS = 65_536;
/** Newest events that are kept in the form in which readers of this log get them. */
const RENDERED_EVENTS = 256;

/** Names the log of a session. */
interface RunName {
  readonly sessionId: string;
  readonly epoch: string;
}

/**
 * The events of all sessions, in the order in which readers may see them. It remembers only where each event is: the
 * events stay in the logs of their sessions, and are gone when those drop them.
 */
export class JointLog implements ReadableLog {
  readonly epoch: string;
  readonly #find: JointLogOptions['find'];
  /** Session and sequence of each event, by its sequence in this log. */
  readonly #runs: (RunName | undefined)[];
  readonly #sequences: Float64Array;
  readonly #rendered: (LoggedEvent | undefined)[] = new Array(RENDERED_EVENTS);
  readonly #listeners = new Set<() => void>();
  #last = 0;
  #isClosed = false;

  constructor({ find, maxEvents = MAX_EVENTS, epoch = randomBytes(9).toString('base64url') }: JointLogOptions) {
    if (!Number.isInteger(maxEvents) || maxEvents < 1) throw new RangeError('maxEvents must be a whole number above 0');
    this.#find = find;
    this.#runs = new Array(maxEvents);
    this.#sequences = new Float64Array(maxEvents);
    this.epoch = epoch;
  }

  get firstSequence(): number {
    return Math.max(1, this.#last - this.#runs.length + 1);
  }

  get lastSequence(): number {
    return this.#last;
  }

  get closed(): boolean {
    return this.#isClosed;
  }

  /** Adds the events of a session, those that its log has and those that follow. */
  follow(sessionId: string, log: EventLog): void {
    const run = { sessionId, epoch: log.epoch };
    let told = log.firstSequence - 1;
    const take = (): void => {
      const before = this.#last;
      for (; told < log.lastSequence; told += 1) this.#add(run, told + 1);
      if (this.#last > before) this.#notify();
    };
    take();
    log.onChange(take);
  }

  at(sequence: number): LoggedEvent | undefined {
    const event = this.#eventAt(sequence);
    if (event === undefined) return undefined;
    const slot = sequence % RENDERED_EVENTS;
    const known = this.#rendered[slot];
    if (known?.sequence === sequence) return known;
    const rendered = this.#render(sequence, event);
    if (sequence > this.#last - RENDERED_EVENTS) this.#rendered[slot] = rendered;
    return rendered;
  }

  resume(position: EventPosition): Resumption {
    return resumeLog(this, position);
  }

  evictedAfter(sequence: number): EventsDropped | null {
    let gone = Math.max(sequence, this.firstSequence - 1);
    while (gone < this.#last && this.#eventAt(gone + 1) === undefined) gone += 1;
    return evictedBefore(this.epoch, sequence, gone + 1);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Marks the log as complete: no session follows. */
  close(): void {
    this.#isClosed = true;
    this.#notify();
  }

  #eventAt(sequence: number): LoggedEvent | undefined {
    if (sequence < this.firstSequence || sequence > this.#last) return undefined;
    const slot = sequence % this.#runs.length;
    const { sessionId, epoch } = this.#runs[slot]!;
    const log = this.#find(sessionId);
    return log?.epoch === epoch ? log.at(this.#sequences[slot]!) : undefined;
  }

  /** The event with its position in this log as the first field. */
  #render(sequence: number, { type, role, json }: LoggedEvent): LoggedEvent {
    const position = formatPosition({ epoch: this.epoch, sequence });
    const head = Buffer.from(`{"position":"${position}",`);
    return { sequence, type, role, ...toStreamed(position, type, Buffer.concat([head, json.subarray(1)])) };
  }

  #add(run: RunName, sequence: number): void {
    this.#last += 1;
    const slot = this.#last % this.#runs.length;
    this.#runs[slot] = run;
    this.#sequences[slot] = sequence;
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
    if (this.#isClosed) this.#listeners.clear();
  }
}
