import { FACE_SIZE_PX } from '../../../models/index.ts';
import { MAX_MISFIT_PX } from './face-template.ts';

/** Below this quality, an utterance's faces are `noisy`. */
export const NOISY_FACE_BELOW = 0.4;

/**
 * Ramps from useless to clean, measured on the aligned 64 px face. FER2013's own faces, 48 px wide, are at or above
 * the clean ends of size and sharpness.
 */
const SIZE = { useless: 0.2, clean: 0.75 };
const SHARPNESS = { useless: 0.08, clean: 0.3 };
const CONTRAST = { useless: 2, clean: 25 };
const MISFIT_PX = { useless: MAX_MISFIT_PX, clean: 3 };

export interface FaceEvidence {
  /** Gray, `[64, 64]`. */
  readonly pixels: Uint8Array;
  /** Picture pixels per pixel of the aligned face. */
  readonly sourceScale: number;
  /** Distance of the face's points from the template, px: how far the head is turned. */
  readonly misfitPx: number;
}

/** Quality of an aligned face, 0 (useless) … 1: the product of its size, sharpness, contrast and frontal pose. */
export function faceQuality({ pixels, sourceScale, misfitPx }: FaceEvidence): number {
  const contrast = standardDeviation(pixels);
  if (contrast === 0) return 0;
  return (
    ramp(sourceScale, SIZE) *
    ramp(rootMeanSquareLaplacian(pixels) / contrast, SHARPNESS) *
    ramp(contrast, CONTRAST) *
    ramp(misfitPx, MISFIT_PX)
  );
}

function ramp(value: number, { useless, clean }: { readonly useless: number; readonly clean: number }): number {
  return Math.min(1, Math.max(0, (value - useless) / (clean - useless)));
}

function standardDeviation(pixels: Uint8Array): number {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!;
    sum += value;
    squares += value * value;
  }
  const mean = sum / pixels.length;
  return Math.sqrt(Math.max(0, squares / pixels.length - mean * mean));
}

function rootMeanSquareLaplacian(pixels: Uint8Array): number {
  const size = FACE_SIZE_PX;
  let squares = 0;
  for (let y = 1; y < size - 1; y++) {
    for (let i = y * size + 1, end = (y + 1) * size - 1; i < end; i++) {
      const value = 4 * pixels[i]! - pixels[i - 1]! - pixels[i + 1]! - pixels[i - size]! - pixels[i + size]!;
      squares += value * value;
    }
  }
  return Math.sqrt(squares / (size - 2) ** 2);
}
