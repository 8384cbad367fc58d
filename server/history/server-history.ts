import type { Logger } from 'pino';
import type { Subscription } from 'rxjs';
import type { Clock } from '../../pipeline/index.ts';
import { toResumed } from '../sessions/resumed-session.ts';
import type { SessionKeeper } from '../sessions/session.ts';
import type { SessionRegistry } from '../sessions/session-registry.ts';
import { HistoryError } from './history-error.ts';
import type { HistoryStore, Pruned, RetentionLimits, RunRecord } from './history-store.ts';
import { type HistoryMeter, HistoryWriter } from './history-writer.ts';
import { newestEvents } from './newest-events.ts';

export interface HistorySettings {
  /** Whether subscribers get an event only after it was stored. */
  readonly tellsWhenSafe: boolean;
  /** How long an interrupted session waits for its publishers, in ms. */
  readonly restartGraceMs: number;
  /** Newest events that an interrupted session gets back into memory. */
  readonly maxEvents: number;
  readonly retention: RetentionLimits;
}

export interface ServerHistoryOptions extends HistorySettings {
  /** The open store, or why there is none. */
  readonly store: HistoryStore | HistoryError;
  readonly clock: Clock;
  readonly meter: HistoryMeter & {
    historyDeleted(kind: keyof Pick<Pruned, 'words' | 'events' | 'sessions'>, count: number): void;
  };
  readonly log: Logger;
}

/** Pause between two looks for what is too old, and between two steps while there is more, in ms. */
const PRUNE_EVERY_MS = 60_000;
const PRUNE_STEP_MS = 250;
/** Events that all interrupted sessions together get back into memory. */
const MAX_RESTORED_EVENTS = 50_000;
/** Holder of sessions that the server opened itself. Nobody comes back to them. */
const SERVER_ITSELF = 'server';

/** The history of one server. It may be without a store from the start, or lose it: then sessions go on without it. */
export class ServerHistory {
  readonly #options: ServerHistoryOptions;
  readonly #writer: HistoryWriter | null;
  #outage: HistoryError | null;
  #timer: Subscription | null = null;
  #bytes = 0;

  constructor(options: ServerHistoryOptions) {
    this.#options = options;
    const { store, tellsWhenSafe, clock, meter, log } = options;
    this.#outage = store instanceof HistoryError ? store : null;
    this.#writer =
      store instanceof HistoryError
        ? null
        : new HistoryWriter({
            store,
            tellsWhenSafe,
            clock,
            meter,
            onLost: (error) => this.#lose(error),
            onBehind: (isBehind) =>
              log.warn(
                isBehind
                  ? 'the history is too slow; events are told before they are stored'
                  : 'the history has caught up',
              ),
          });
  }

  /** Stores sessions. Undefined without a store. */
  get keeper(): SessionKeeper | undefined {
    const writer = this.#writer;
    if (writer === null) return undefined;
    const { tellsWhenSafe } = this.#options;
    return {
      tellsWhenSafe,
      get isSafe() {
        return writer.isWhole;
      },
      add: (run, event) => writer.add(run, event),
      changed: (run) => writer.changed(run),
    };
  }

  /** Why nothing is stored, as one line that anyone may read. Null while sessions are stored. */
  get outage(): string | null {
    return this.#outage === null || this.#outage.code === 'off' ? null : this.#outage.message;
  }

  /** Bytes that the store took when it was last looked at. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Events that wait to be stored. */
  get waitingEvents(): number {
    return this.#writer?.waitingEvents ?? 0;
  }

  /** The store, to read from. Null if it could not be opened. What was stored can be read also during an outage. */
  get readable(): HistoryStore | null {
    const { store } = this.#options;
    return store instanceof HistoryError ? null : store;
  }

  /**
   * The same.
   *
   * @throws HistoryError if it could not be opened.
   */
  get store(): HistoryStore {
    const { store } = this.#options;
    if (store instanceof HistoryError) throw store;
    return store;
  }

  /** Continues the sessions that the last server did not end, then starts to delete what is too old. */
  async start(sessions: SessionRegistry): Promise<void> {
    const { store, tellsWhenSafe, maxEvents, log } = this.#options;
    if (store instanceof HistoryError) return;
    try {
      const interrupted = await store.interrupted();
      const newest = Math.min(maxEvents, Math.ceil(MAX_RESTORED_EVENTS / interrupted.length));
      let continued = 0;
      for (const run of interrupted) if (await this.#resume(run, newest, sessions)) continued += 1;
      if (interrupted.length > 0) {
        const ended = interrupted.length - continued;
        log.info({ continued, ended }, 'sessions were interrupted by the end of the server before');
      }
      await store.markWhole(tellsWhenSafe);
      this.#schedule(0);
    } catch (error) {
      this.#lose(
        error instanceof HistoryError ? error : new HistoryError('failed', 'the history failed', { cause: error }),
      );
    }
  }

  /** Resolves when all that waits is stored, or after `graceMs`. */
  async flush(graceMs: number): Promise<void> {
    const timeUp = Promise.withResolvers<void>();
    const timer = this.#options.clock.scheduler.schedule(() => timeUp.resolve(), graceMs);
    await Promise.race([this.#writer?.flushed(), timeUp.promise]);
    timer.unsubscribe();
  }

  /** Stores nothing more, because the server could not start. Interrupted sessions stay as they are. */
  abandon(): void {
    this.#writer?.stop();
  }

  async close(): Promise<void> {
    const { store, log } = this.#options;
    this.#timer?.unsubscribe();
    if (store instanceof HistoryError) return;
    await store.close().catch((error: unknown) => log.warn({ err: error }, 'the history was not closed'));
  }

  /** Continues an interrupted session with its newest events. Otherwise marks it as ended and returns false. */
  async #resume(run: RunRecord, maxEvents: number, sessions: SessionRegistry): Promise<boolean> {
    const { clock, restartGraceMs, tellsWhenSafe } = this.#options;
    const resumed = toResumed(run, await newestEvents(this.store, run, maxEvents));
    // Events that were told and not stored have numbers that must not be given again.
    const mayGoOn = tellsWhenSafe && this.store.wasComplete && run.isComplete;
    if (mayGoOn && 'log' in resumed) {
      sessions.resume(resumed, run.opener === SERVER_ITSELF ? 0 : restartGraceMs);
      return true;
    }
    const endReason = 'log' in resumed ? 'disconnected' : resumed.reason;
    await this.store.write({
      runs: [{ ...run, state: 'ended', endReason, endedAtMs: clock.scheduler.now() }],
      events: [],
    });
    return false;
  }

  #lose(error: HistoryError): void {
    if (this.#outage !== null) return;
    this.#outage = error;
    this.#timer?.unsubscribe();
    this.#options.log.error({ code: error.code, err: error }, `no history from now on: ${error.message}`);
  }

  #schedule(delayMs: number): void {
    this.#timer = this.#options.clock.scheduler.schedule(() => void this.#prune(), delayMs);
  }

  async #prune(): Promise<void> {
    const { retention, clock, meter, log } = this.#options;
    if (this.#outage !== null) return;
    try {
      const pruned = await this.store.prune(retention, clock.scheduler.now());
      this.#bytes = pruned.bytes;
      for (const kind of ['words', 'events', 'sessions'] as const) meter.historyDeleted(kind, pruned[kind]);
      this.#schedule(pruned.isMore ? PRUNE_STEP_MS : PRUNE_EVERY_MS);
    } catch (error) {
      if (error instanceof HistoryError && error.code === 'closed') return;
      log.warn({ err: error }, 'what is too old could not be deleted from the history; it is tried again');
      this.#schedule(PRUNE_EVERY_MS);
    }
  }
}
