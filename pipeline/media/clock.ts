import { asyncScheduler, type SchedulerLike } from 'rxjs';

/** The pipeline's only source of wall-clock time: latency, stalls and time-outs. Tests pass a virtual one. */
export interface Clock {
  /** Monotonic, in ms. */
  now(): number;
  /** Scheduler of timers; its `now()` need not agree with {@link Clock.now}. */
  readonly scheduler: SchedulerLike;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  scheduler: asyncScheduler,
};
