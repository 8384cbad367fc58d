import { VirtualTimeScheduler } from 'rxjs';
import type { Clock } from '../../../pipeline/index.ts';

/** A clock that stands still, so that only the media decides. Latencies are 0. */
export const stoppedClock: Clock = { now: () => 0, scheduler: new VirtualTimeScheduler() };
