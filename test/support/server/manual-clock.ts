import { VirtualTimeScheduler } from 'rxjs';
import type { Clock } from '../../../pipeline/index.ts';

/** A clock that only advances when the test says so. Timers that become due run in order. */
export class ManualClock implements Clock {
  readonly scheduler = new VirtualTimeScheduler();

  now(): number {
    return this.scheduler.frame;
  }

  advance(ms: number): void {
    const untilMs = this.scheduler.frame + ms;
    // `flush` stops at a timer that is due exactly at this time. It runs timers that are due at or before `maxFrames`.
    this.scheduler.maxFrames = untilMs;
    this.scheduler.flush();
    this.scheduler.frame = untilMs;
  }
}
