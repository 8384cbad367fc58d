import type { Subscription } from 'rxjs';
import { FairQueue, type FairQueueDropReason } from '../../models/index.ts';
import type { Clock } from '../../pipeline/index.ts';
import { MIB } from '../byte-units.ts';
import { LeadPace } from './lead-pace.ts';

/** A piece of work that waits for its turn on the main thread. */
export interface ThreadTurn {
  readonly flow: string;
  /** Does the work, in a few ms at most. */
  run(): void;
  /** True while the work has to wait although its flow would be next. What follows it in the flow waits too. */
  isHeld?(): boolean;
  /** Called instead of {@link run} when too much waits. */
  drop(reason: FairQueueDropReason): void;
}

export interface ThreadTurnsOptions {
  readonly clock: Clock;
  /** Bytes that wait in all. Default 96 MiB. */
  readonly maxBytes?: number;
  /** Bytes of one flow that wait. Default 16 MiB: a packet of the largest size, decoded. */
  readonly maxFlowBytes?: number;
}

/** What holding a turn takes beside its bytes. */
const TURN_BYTES = 256;
/** Work done in one go, in ms, before sockets and other sessions come round. */
const SLICE_MS = 4;
/** Share of the thread's time in which work that has just come is done at once: {@link SLICE_MS} of so many ms. */
const WINDOW_MS = 10;
/** How soon held work is looked at again, in ms. */
const HELD_RETRY_MS = 20;
/** Over how long it is remembered who used the thread, in ms: two periods of this. */
const ACCOUNT_MS = 1000;
/** Cost of a turn before it is known, in ms. */
const UNKNOWN_COST_MS = 0.01;

/**
 * Shares the main thread's time between sessions. Work is done at once while there is little of it; what is more waits,
 * and is done in slices in which the session that has used the least time goes first. Between slices the event loop
 * comes round. What waits is bounded by bytes, of a session and in all: the heaviest drops first.
 */
export class ThreadTurns {
  /** How fast audio ahead of the wall clock may be analysed. */
  readonly lead: LeadPace;
  readonly #clock: Clock;
  readonly #queue: FairQueue<ThreadTurn>;
  #timer: Subscription | null = null;
  /** True while {@link #timer} waits for held work alone. */
  #isHeld = false;
  #windowFromMs: number;
  #windowUsedMs = 0;
  #accountFromMs = Number.NEGATIVE_INFINITY;
  #used = new Map<string, number>();
  #usedBefore = new Map<string, number>();

  constructor({ clock, maxBytes = 96 * MIB, maxFlowBytes = 16 * MIB }: ThreadTurnsOptions) {
    this.lead = new LeadPace(clock);
    this.#clock = clock;
    this.#windowFromMs = clock.now();
    this.#queue = new FairQueue({ maxSize: maxBytes, maxFlowSize: maxFlowBytes });
  }

  /** Bytes that wait in all. */
  get waitingBytes(): number {
    return this.#queue.size;
  }

  /** Bytes of a flow that wait. */
  bytesOf(flow: string): number {
    return this.#queue.sizeOf(flow);
  }

  /** Whether work of the flow may be done now, by the caller, who then tells its time to {@link charge}. */
  isFree(flow: string): boolean {
    if (this.#queue.sizeOf(flow) > 0) return false;
    const now = this.#clock.now();
    if (now - this.#windowFromMs >= WINDOW_MS) {
      this.#windowFromMs = now;
      this.#windowUsedMs = 0;
    }
    return this.#windowUsedMs < SLICE_MS;
  }

  /** The flow used the thread for `ms`. */
  charge(flow: string, ms: number): void {
    this.#windowUsedMs += ms;
    if (ms > 0) this.#queue.charge(flow, ms);
    this.#rotate();
    this.#used.set(flow, (this.#used.get(flow) ?? 0) + ms);
  }

  /** Lets work wait for its turn, behind what waits of its flow. `bytes`: what holding it takes. */
  push(turn: ThreadTurn, bytes = 0): void {
    const drops = this.#queue.push(turn.flow, turn, UNKNOWN_COST_MS, bytes + TURN_BYTES);
    for (const { item, reason } of drops) item.drop(reason);
    // Held work must not let this wait for its next look.
    if (this.#timer === null || this.#isHeld) this.#drainIn(0);
  }

  /** Whether a flow used as much of the thread lately as the average of those that used it, or more. */
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

  /** Nothing that waits is done any more. */
  stop(): void {
    this.#timer?.unsubscribe();
    this.#timer = null;
    this.#queue.clear();
  }

  #drain(): void {
    this.#timer = null;
    const untilMs = this.#clock.now() + SLICE_MS;
    let fromMs = this.#clock.now();
    let isHeld = false;
    while (fromMs < untilMs) {
      const turn = this.#queue.takeHead(isNotHeld);
      if (turn === undefined) {
        isHeld = true;
        break;
      }
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

function isNotHeld(turn: ThreadTurn): boolean {
  return turn.isHeld?.() !== true;
}
