import type { Subscription } from 'rxjs';
import { FairQueue, type FairQueueDropReason } from '../../models/index.ts';
import type { Clock } from '../../pipeline/index.ts';
import { MIB } from '../byte-units.ts';
import { LeadPace } from './lead-pace.ts';

/** Work that may have to wait for its turn on the main thread. */
export interface ThreadTurn {
  readonly flow: string;
  /** Does the work, within a few ms. */
  run(): void;
  /** True while the work must wait even when its flow is next. The work after it in the same flow waits too. */
  isHeld?(): boolean;
  /** True for media ahead of the wall clock: nobody waits for it. */
  readonly isAhead?: boolean;
  /** Called instead of {@link run} when too much work waits. */
  drop(reason: FairQueueDropReason): void;
}

interface WaitingTurn {
  readonly turn: ThreadTurn;
  readonly sinceMs: number;
}

/** Another thread that does the work. */
export interface WorkingThread {
  /** Whether it takes more work now. */
  readonly hasRoom: boolean;
  /** How long it has not taken the oldest work that it got, in ms. Null while another thread takes its place. */
  readonly lagMs: number | null;
  /** Flows that it works for. */
  readonly flowCount: number;
}

export interface ThreadTurnsOptions {
  readonly clock: Clock;
  /** Bytes of waiting work in total. Default 96 MiB. */
  readonly maxBytes?: number;
  /**
   * The thread that does the work. `run` only hands it over, its time is reported to {@link ThreadTurns.charge} later, and
   * {@link ThreadTurns.resume} says that there is room again. Default: the work is done in this thread.
   */
  readonly thread?: WorkingThread | null;
  /** Bytes of waiting work per flow. Default 16 MiB, the size of the largest packet when decoded. */
  readonly maxFlowBytes?: number;
}

/** Memory per waiting turn, in addition to its bytes. */
const TURN_BYTES = 256;
/** Time that work may take before sockets and other events are handled, in ms. */
const SLICE_MS = 4;
/** New work runs at once for up to {@link SLICE_MS} within each window of this length, in ms. */
const WINDOW_MS = 10;
/** Interval at which held work is checked again, in ms. */
const HELD_RETRY_MS = 20;
/** Length of an accounting period, in ms. The thread time of the current and the previous period counts. */
const ACCOUNT_MS = 1000;
/** Assumed cost of a turn before it has run, in ms. */
const UNKNOWN_COST_MS = 0.01;

/**
 * Shares a thread's time between sessions. A little work is done at once. Further work waits and is done in
 * slices, in which the session that has used the least time comes first. The event loop runs between slices. Waiting
 * work is limited in bytes, per session and in total. Above the limit, the session with most waiting bytes loses work
 * first.
 */
export class ThreadTurns {
  /** Limits how fast audio ahead of the wall clock is analysed. */
  readonly lead: LeadPace;
  readonly #clock: Clock;
  readonly #queue: FairQueue<WaitingTurn>;
  readonly #thread: WorkingThread | null;
  #timer: Subscription | null = null;
  /** True while {@link #timer} waits only for held work. */
  #isHeld = false;
  #windowFromMs: number;
  #windowUsedMs = 0;
  #accountFromMs = Number.NEGATIVE_INFINITY;
  #used = new Map<string, number>();
  #usedBefore = new Map<string, number>();

  constructor({ clock, maxBytes = 96 * MIB, maxFlowBytes = 16 * MIB, thread = null }: ThreadTurnsOptions) {
    this.lead = new LeadPace(clock);
    this.#clock = clock;
    this.#thread = thread;
    this.#windowFromMs = clock.now();
    this.#queue = new FairQueue({ maxSize: maxBytes, maxFlowSize: maxFlowBytes });
  }

  /** Bytes of waiting work in total. */
  get waitingBytes(): number {
    return this.#queue.size;
  }

  /** Bytes of a flow's waiting work. */
  bytesOf(flow: string): number {
    return this.#queue.sizeOf(flow);
  }

  /** Whether the caller may do work of the flow now. The caller must then report its time to {@link charge}. */
  isFree(flow: string): boolean {
    if (this.#queue.sizeOf(flow) > 0) return false;
    if (this.#thread !== null) return this.#thread.hasRoom;
    const now = this.#clock.now();
    if (now - this.#windowFromMs >= WINDOW_MS) {
      this.#windowFromMs = now;
      this.#windowUsedMs = 0;
    }
    return this.#windowUsedMs < SLICE_MS;
  }

  /** Counts `ms` of thread time for the flow. */
  charge(flow: string, ms: number): void {
    this.#windowUsedMs += ms;
    if (ms > 0) this.#queue.charge(flow, ms);
    this.#rotate();
    this.#used.set(flow, (this.#used.get(flow) ?? 0) + ms);
  }

  /** Adds work to the end of its flow's queue. `bytes`: memory that the waiting work holds. */
  push(turn: ThreadTurn, bytes = 0): void {
    const waiting = { turn, sinceMs: this.#clock.now() };
    const drops = this.#queue.push(turn.flow, waiting, UNKNOWN_COST_MS, bytes + TURN_BYTES);
    for (const { item, reason } of drops) item.turn.drop(reason);
    // New work must not wait until held work is checked again.
    if (this.#timer === null || this.#isHeld) this.#drainIn(0);
  }

  /** Whether a flow recently used at least the average thread time of all flows that used any. */
  isHeavy(flow: string): boolean {
    this.#rotate();
    let sumMs = 0;
    let flows = 0;
    for (const [name, ms] of this.#used) {
      sumMs += ms + (this.#usedBefore.get(name) ?? 0);
      flows += 1;
    }
    for (const [name, ms] of this.#usedBefore) {
      if (this.#used.has(name)) continue;
      sumMs += ms;
      flows += 1;
    }
    const own = (this.#used.get(flow) ?? 0) + (this.#usedBefore.get(flow) ?? 0);
    return own * flows >= sumMs;
  }

  /**
   * How late another thread is with the work of most flows, in ms. One flow that brings too much does not count, and
   * neither does media ahead of the wall clock. 0 if the work is done in this thread.
   */
  get lagMs(): number {
    const lagMs = this.#thread?.lagMs ?? null;
    if (this.#thread === null || lagMs === null) return 0;
    const now = this.#clock.now();
    const waits = this.#queue
      .heads()
      .flatMap((waiting) => (waiting.turn.isAhead !== true && isNotHeld(waiting) ? [now - waiting.sinceMs] : []));
    waits.sort((a, b) => b - a);
    return Math.max(lagMs, waits[Math.floor(this.#thread.flowCount / 2)] ?? 0);
  }

  /** The thread that does the work has room again. */
  resume(): void {
    if (this.#queue.length > 0 && (this.#timer === null || this.#isHeld)) this.#drain();
  }

  /** Drops all waiting work. */
  stop(): void {
    this.#timer?.unsubscribe();
    this.#timer = null;
    this.#queue.clear();
  }

  #drain(): void {
    this.#timer?.unsubscribe();
    this.#timer = null;
    const untilMs = this.#clock.now() + SLICE_MS;
    let fromMs = this.#clock.now();
    let isHeld = false;
    while (fromMs < untilMs) {
      // The thread says when it has room again.
      if (this.#thread?.hasRoom === false) return;
      const next = this.#queue.takeHead(isNotHeld);
      if (next === undefined) {
        isHeld = true;
        break;
      }
      const { turn } = next;
      turn.run();
      const now = this.#clock.now();
      this.charge(turn.flow, now - fromMs);
      fromMs = now;
    }
    if (this.#queue.length === 0) return;
    this.#drainIn(isHeld ? HELD_RETRY_MS : 0);
  }

  #drainIn(ms: number): void {
    this.#timer?.unsubscribe();
    this.#isHeld = ms > 0;
    this.#timer = this.#clock.scheduler.schedule(() => this.#drain(), ms);
  }

  #rotate(): void {
    const now = this.#clock.now();
    if (now - this.#accountFromMs < ACCOUNT_MS) return;
    this.#usedBefore = this.#used;
    this.#used = new Map();
    this.#accountFromMs = now;
  }
}

function isNotHeld({ turn }: WaitingTurn): boolean {
  return turn.isHeld?.() !== true;
}
