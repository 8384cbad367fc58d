import { VirtualTimeScheduler } from 'rxjs';
import type { Clock } from '../../../pipeline/index.ts';

/** Time stands still, so that nothing but the media decides; latencies are 0. */
export const stoppedClock: Clock = { now: () => 0, scheduler: new VirtualTimeScheduler() };
