import type { Clock } from '../../../pipeline/index.ts';

/** Something that calls use up: the processor, or one thread. */
export interface LoadResource {
  /** Processor time that was used since the start, in ms. */
  readonly usedMs: () => number;
  /** Cores that are there. */
  readonly cores: number;
  /** What a call is assumed to use until it has been measured, in ms per second of a call. */
  readonly assumedMs: number;
}

export interface LoadProjectionOptions {
  readonly clock: Clock;
  readonly resources: readonly LoadResource[];
  readonly liveCalls: () => number;
  /** Share of each resource that calls may use, 0…1. */
  readonly maxLoad: number;
}

/** Length of one measurement, in ms. */
const SLOT_MS = 250;
/** Measurements after which a call shows what it uses: 2 s. */
const SETTLING_SLOTS = 8;
/** A measurement counts if at least this share of the calls has settled. */
const SETTLED_SHARE = 0.8;
/** Seconds of calls after which a measurement outweighs the earlier ones. */
const MEMORY_CALL_SECONDS = 20;
/** The cost of a call is assumed to be at most this many times what was assumed at first. */
const MAX_DEARER = 3;

interface Measured extends LoadResource {
  lastUsedMs: number;
  costMs: number;
}

/**
 * Foresees the load of calls that were just opened and have not shown their cost yet: what a call uses on average, times
 * the number of calls. More calls at once than were assumed to fit are admitted step by step, each step at most twice as
 * many as were measured. State is one number per resource and eight counts.
 */
export class LoadProjection {
  readonly #clock: Clock;
  readonly #maxLoad: number;
  readonly #liveCalls: () => number;
  readonly #resources: readonly Measured[];
  /** Numbers of live calls at the ends of the last slots. */
  #counts: readonly number[] = [];
  #slotFromMs: number;

  constructor({ clock, resources, liveCalls, maxLoad }: LoadProjectionOptions) {
    this.#clock = clock;
    this.#maxLoad = maxLoad;
    this.#liveCalls = liveCalls;
    this.#slotFromMs = clock.now();
    this.#resources = resources.map((resource) => ({
      ...resource,
      lastUsedMs: resource.usedMs(),
      costMs: resource.assumedMs,
    }));
  }

  /** Whether one more call would be more than fits. */
  get isFull(): boolean {
    return this.#liveCalls() >= this.maxCalls;
  }

  /** Calls that may be live now, ≥ 1. */
  get maxCalls(): number {
    const most = 2 * this.#settledCalls;
    const fits = this.#resources.map(({ cores, assumedMs, costMs }) => {
      const roomMs = 1000 * cores * this.#maxLoad;
      return Math.min(roomMs / costMs, Math.max(roomMs / assumedMs, most));
    });
    return Math.max(1, Math.floor(Math.min(...fits)));
  }

  /** Called at least every {@link SLOT_MS} while the thread is in time. */
  tick(): void {
    const now = this.#clock.now();
    const slotMs = now - this.#slotFromMs;
    if (slotMs < SLOT_MS) return;
    this.#slotFromMs = now;
    const live = this.#liveCalls();
    const settled = this.#settledCalls;
    this.#counts = [...this.#counts, live].slice(-SETTLING_SLOTS);
    const counts = settled > 0 && settled >= SETTLED_SHARE * live;
    const weight = Math.min(1, (settled * slotMs) / 1000 / MEMORY_CALL_SECONDS);
    for (const resource of this.#resources) {
      const usedMs = resource.usedMs();
      const costMs = ((usedMs - resource.lastUsedMs) * 1000) / slotMs / settled;
      resource.lastUsedMs = usedMs;
      if (!counts) continue;
      const mean = resource.costMs + (costMs - resource.costMs) * weight;
      resource.costMs = Math.min(mean, MAX_DEARER * resource.assumedMs);
    }
  }

  /** Calls that have been live for long enough to show what they use. */
  get #settledCalls(): number {
    if (this.#counts.length < SETTLING_SLOTS) return 0;
    return Math.min(...this.#counts, this.#liveCalls());
  }
}
