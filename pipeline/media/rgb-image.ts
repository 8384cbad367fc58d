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
 * Rejects when the bytes are not a picture of the stated encoding, when they are refused, and when `signal` aborts while
 * the picture waits: nobody needs it any more.
 */
export type DecodeImage = (image: StillImage, signal?: AbortSignal) => Promise<RgbImage>;
