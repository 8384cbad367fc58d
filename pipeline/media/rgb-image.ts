import type { StillImage } from './media-frame.ts';

/** A decoded picture, upright. */
export interface RgbImage {
  readonly widthPx: number;
  readonly heightPx: number;
  /** `widthPx * heightPx * 3` values (R, G, B; 0…255), row by row. */
  readonly bytes: Uint8Array;
}

/**
 * Turns a still picture into pixels off the event loop, its longer side at most 640 px.
 * Rejects if the bytes are not a picture of the stated encoding, if they are refused, and if `signal` aborts while the
 * picture waits, because it is no longer needed.
 */
export type DecodeImage = (image: StillImage, signal?: AbortSignal) => Promise<RgbImage>;
