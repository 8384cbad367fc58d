import type { Subscription } from 'rxjs';
import type { Clock } from '../../pipeline/index.ts';
import type { LoggedEvent } from '../event-log/logged-event.ts';
import type { HistoryError } from './history-error.ts';
import type { EventToStore, HistoryBatch, HistoryStore, RunName, RunRecord } from './history-store.ts';

/** A run of a session that is stored. */
export interface KeptRun {
  readonly name: RunName;
  /** What is stored about it now. */
  record(): RunRecord;
  /** Gives subscribers the events up to this one. */
  tell(sequence: number): void;
}

/** Why an event was not stored. `queue-full`: too many waited. `lost`: the store had failed. */
export type HistoryDrop = 'queue-full' | 'lost';

/** Counts what happens to events on their way into the store. */
export interface HistoryMeter {
  historyStored(events: number): void;
  historyDropped(reason: HistoryDrop, events: number): void;
}

export interface HistoryWriterOptions {
  readonly store: Pick<HistoryStore, 'write' | 'markWhole'>;
  /** Whether subscribers get an event only after it was stored. */
  readonly tellsWhenSafe: boolean;
  readonly clock: Clock;
  readonly meter: HistoryMeter;
  /** Called once, when the store has failed. Nothing more is stored after that. */
  readonly onLost: (error: HistoryError) => void;
  /** Called when the store is so slow that events are told before they are stored, and when it has caught up. */
  readonly onBehind?: (isBehind: boolean) => void;
}

/** Events and bytes that may wait for the store. */
const MAX_EVENTS = 20_000;
const MAX_BYTES = 32 * 1024 * 1024;
/** Events and bytes per batch. */
const BATCH_EVENTS = 500;
const BATCH_BYTES = 1024 * 1024;
/** Longest time that subscribers wait for an event to be stored, in ms. A call that is live matters more. */
const MAX_HOLD_MS = 2000;

interface Waiting {
  readonly run: KeptRun;
  readonly event: EventToStore;
}

/**
 * Stores what happens in sessions, in groups: while one batch is written, the next one collects. It never blocks. If the
 * store fails or cannot keep up, sessions go on without it.
 */
export class HistoryWriter {
  readonly #options: HistoryWriterOptions;
  /** Runs whose record changed. */
  #changed = new Set<KeptRun>();
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Runs with an event that was not stored. Their later events are not stored, either. */
  readonly #incomplete = new WeakSet<KeptRun>();
  /** Events of the batch that is being written. Null while none is. */
  #writing: readonly Waiting[] | null = null;
  #isLost = false;
  #isBehind = false;
  #hold: Subscription | null = null;
  #flushed: PromiseWithResolvers<void> | null = null;

  constructor(options: HistoryWriterOptions) {
    this.#options = options;
  }

  /** Number of events that wait to be stored. */
  get waitingEvents(): number {
    return this.#waiting.length;
  }

  /** Whether subscribers have seen no event that is not stored. */
  get isWhole(): boolean {
    return this.#options.tellsWhenSafe && !this.#isLost && !this.#isBehind;
  }

  /** Stores that something about a run has changed. */
  changed(run: KeptRun): void {
    if (this.#isLost) return;
    this.#changed.add(run);
    this.#write();
  }

  /** Stores an event, and tells it at the right time. */
  add(run: KeptRun, { sequence, json }: LoggedEvent): void {
    const drop = this.#refuses(run, json.byteLength);
    if (drop !== null) {
      this.#stopHolding();
      this.#options.meter.historyDropped(drop, 1);
      run.tell(sequence);
      return;
    }
    this.#waiting.push({ run, event: { ...run.name, sequence, json } });
    this.#waitingBytes += json.byteLength;
    this.#changed.add(run);
    if (this.#isBehind || !this.#options.tellsWhenSafe) run.tell(sequence);
    this.#write();
  }

  /** Resolves when all that waits is stored, or the store has failed. */
  flushed(): Promise<void> {
    if (this.#writing === null) return Promise.resolve();
    this.#flushed ??= Promise.withResolvers<void>();
    return this.#flushed.promise;
  }

  /** Stores nothing more. */
  stop(): void {
    this.#isLost = true;
    this.#waiting = [];
    this.#changed.clear();
  }

  #refuses(run: KeptRun, bytes: number): HistoryDrop | null {
    if (this.#isLost) return 'lost';
    if (this.#incomplete.has(run)) return 'queue-full';
    if (this.#waiting.length < MAX_EVENTS && this.#waitingBytes + bytes <= MAX_BYTES) return null;
    this.#incomplete.add(run);
    this.#changed.add(run);
    return 'queue-full';
  }

  #write(): void {
    if (this.#writing !== null) return;
    const next = this.#takeBatch();
    if (next === null) {
      this.#catchUp();
      this.#settle();
      return;
    }
    const { batch, taken } = next;
    const { clock, store, meter } = this.#options;
    this.#writing = taken;
    this.#hold = clock.scheduler.schedule(() => this.#stopHolding(), MAX_HOLD_MS);
    store.write(batch).then(
      () => {
        this.#writing = null;
        this.#hold?.unsubscribe();
        meter.historyStored(taken.length);
        tellAll(taken);
        this.#write();
      },
      (error: HistoryError) => this.#lose(error),
    );
  }

  #takeBatch(): { readonly batch: HistoryBatch; readonly taken: readonly Waiting[] } | null {
    if (this.#isLost || (this.#waiting.length === 0 && this.#changed.size === 0)) return null;
    let count = 0;
    let bytes = 0;
    while (count < this.#waiting.length && count < BATCH_EVENTS && bytes < BATCH_BYTES) {
      bytes += this.#waiting[count]!.event.json.byteLength;
      count += 1;
    }
    const taken = this.#waiting.splice(0, count);
    this.#waitingBytes -= bytes;
    const lastOf = new Map(taken.map(({ run, event }) => [run, event.sequence]));
    const runs: RunRecord[] = [];
    const stillWaiting = new Set(this.#waiting.map(({ run }) => run));
    for (const run of this.#changed) {
      const record = { ...run.record(), isComplete: !this.#incomplete.has(run) };
      // A record never says more than the events that are stored with it.
      const lastSequence = lastOf.get(run);
      if (!stillWaiting.has(run)) runs.push(record);
      else if (lastSequence !== undefined)
        runs.push({ ...record, lastSequence, state: record.state === 'ended' ? 'live' : record.state });
    }
    this.#changed = stillWaiting;
    return { batch: { runs, events: taken.map(({ event }) => event) }, taken };
  }

  /** The store is so slow that a live call would suffer. Events are told at once until it has caught up. */
  #stopHolding(): void {
    if (!this.#options.tellsWhenSafe || this.#isBehind || this.#isLost) return;
    this.#isBehind = true;
    this.#options.onBehind?.(true);
    void this.#options.store.markWhole(false).catch(() => {});
    tellAll(this.#writing ?? []);
    tellAll(this.#waiting);
  }

  #catchUp(): void {
    if (!this.#isBehind || this.#isLost) return;
    this.#isBehind = false;
    this.#options.onBehind?.(false);
    void this.#options.store.markWhole(true).catch(() => {});
  }

  #lose(error: HistoryError): void {
    this.#isLost = true;
    this.#hold?.unsubscribe();
    const { store, meter, onLost } = this.#options;
    void store.markWhole(false).catch(() => {});
    const rest = [...(this.#writing ?? []), ...this.#waiting];
    this.#writing = null;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#changed.clear();
    meter.historyDropped('lost', rest.length);
    onLost(error);
    tellAll(rest);
    this.#settle();
  }

  #settle(): void {
    this.#flushed?.resolve();
    this.#flushed = null;
  }
}

function tellAll(waiting: readonly Waiting[]): void {
  for (const { run, event } of waiting) run.tell(event.sequence);
}
