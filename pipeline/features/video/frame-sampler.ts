/** Pictures per second that are searched: every 5th of 30, the paper's rate. */
export const PICTURE_RATE_HZ = 6;

const INTERVAL_MS = 1000 / PICTURE_RATE_HZ;
/** Timestamps of a regular source vary by rounding and jitter. A picture this early still counts for its slot. */
const TOLERANCE_MS = 20;

export interface FrameSampler {
  /** Whether to use the picture. `startMs` must not decrease; a picture from before the last one is refused. */
  take(startMs: number): boolean;
}

/**
 * Thins a source of any rate to {@link PICTURE_RATE_HZ}: slots of a fixed grid that starts with the first picture, at
 * most one picture each. A slower source keeps every picture.
 */
export function createFrameSampler(): FrameSampler {
  let originMs = Number.NaN;
  let nextSlot = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    take(startMs) {
      if (!Number.isFinite(startMs) || startMs <= lastMs) return false;
      lastMs = startMs;
      if (Number.isNaN(originMs)) originMs = startMs;
      const slot = Math.floor((startMs - originMs + TOLERANCE_MS) / INTERVAL_MS);
      if (slot < nextSlot) return false;
      nextSlot = slot + 1;
      return true;
    },
  };
}
