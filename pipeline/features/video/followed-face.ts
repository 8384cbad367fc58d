import { FACE_SIZE_PX } from '../../../models/index.ts';
import type { AlignedFace } from './align-face.ts';
import { compose, invert, mapX, mapY, type Similarity, scaleOf } from './similarity.ts';

/**
 * Farthest that a face may have moved between two pictures for its landmarks to be right without a new search: centre in
 * aligned px (the face is about 54 px wide), size as a factor, turn in radians. Measured in `docs/faces.md`.
 */
const MAX_SHIFT_PX = 6;
const MAX_GROWTH = 1.15;
const MAX_TURN = 0.2;
/** Least correlation of two aligned pictures of the same face, less than a second apart. */
const MIN_CORRELATION = 0.8;

/** How a face has moved from one picture to another: maps the first picture's pixels to the second's. */
export function motionBetween(before: AlignedFace, now: AlignedFace): Similarity {
  return compose(now.toSource, invert(before.toSource));
}

/** Whether `now` is the face `before`, one picture later, and has moved little. */
export function hasMovedLittle(before: AlignedFace, now: AlignedFace): boolean {
  const middle = FACE_SIZE_PX / 2;
  const motion = compose(invert(before.toSource), now.toSource);
  const shift = Math.hypot(mapX(motion, middle, middle) - middle, mapY(motion, middle, middle) - middle);
  const growth = scaleOf(motion);
  const turn = Math.abs(Math.atan2(motion.b, motion.a));
  return shift <= MAX_SHIFT_PX && growth <= MAX_GROWTH && growth >= 1 / MAX_GROWTH && turn <= MAX_TURN;
}

/** Whether two aligned pictures show the same face. */
export function looksAlike(one: AlignedFace, other: AlignedFace): boolean {
  return correlation(one.pixels, other.pixels) >= MIN_CORRELATION;
}

/** Pearson's correlation, −1…1; 0 where one is all of one gray. */
export function correlation(one: Uint8Array, other: Uint8Array): number {
  let sum1 = 0;
  let sum2 = 0;
  let squares1 = 0;
  let squares2 = 0;
  let products = 0;
  for (let i = 0; i < one.length; i++) {
    const x = one[i]!;
    const y = other[i]!;
    sum1 += x;
    sum2 += y;
    squares1 += x * x;
    squares2 += y * y;
    products += x * y;
  }
  const spread1 = one.length * squares1 - sum1 * sum1;
  const spread2 = one.length * squares2 - sum2 * sum2;
  return spread1 === 0 || spread2 === 0 ? 0 : (one.length * products - sum1 * sum2) / Math.sqrt(spread1 * spread2);
}
