import { VirtualTimeScheduler } from 'rxjs';
import type { Clock } from '../../../pipeline/index.ts';

/** Time that goes on when the test says so; timers that come due in between run in their order. */
export class ManualClock implements Clock {
  readonly scheduler = new VirtualTimeScheduler();

  now(): number {
    return this.scheduler.frame;
  }

  advance(ms: number): void {
    const untilMs = this.scheduler.frame + ms;
    // A timer at the very end stops `flush` there: it runs what is due at or before `maxFrames`.
    this.scheduler.maxFrames = untilMs;
    this.scheduler.flush();
    this.scheduler.frame = untilMs;
  }
}
