import { mapX, mapY, type Similarity, scaleOf } from './similarity.ts';

/** A face found in a picture, in the picture's pixels. */
export interface FaceBox {
  /** Centre and size of the box from brows to chin. */
  readonly centreX: number;
  readonly centreY: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rightEyeX: number;
  readonly rightEyeY: number;
  readonly leftEyeX: number;
  readonly leftEyeY: number;
  /** The detector's confidence, 0…1. */
  readonly score: number;
}

/** Shared area divided by joint area, 0…1. Each box is first enlarged by `growth` around its centre (1: unchanged). */
export function overlap(one: FaceBox, other: FaceBox, growth = 1): number {
  const w1 = one.widthPx * growth;
  const h1 = one.heightPx * growth;
  const w2 = other.widthPx * growth;
  const h2 = other.heightPx * growth;
  const width = shared(one.centreX, w1, other.centreX, w2);
  const height = shared(one.centreY, h1, other.centreY, h2);
  const both = width * height;
  return both === 0 ? 0 : both / (w1 * h1 + w2 * h2 - both);
}

/** The box of a face that has moved. */
export function moved(box: FaceBox, motion: Similarity): FaceBox {
  const scale = scaleOf(motion);
  return {
    centreX: mapX(motion, box.centreX, box.centreY),
    centreY: mapY(motion, box.centreX, box.centreY),
    widthPx: box.widthPx * scale,
    heightPx: box.heightPx * scale,
    rightEyeX: mapX(motion, box.rightEyeX, box.rightEyeY),
    rightEyeY: mapY(motion, box.rightEyeX, box.rightEyeY),
    leftEyeX: mapX(motion, box.leftEyeX, box.leftEyeY),
    leftEyeY: mapY(motion, box.leftEyeX, box.leftEyeY),
    score: box.score,
  };
}

function shared(centre1: number, length1: number, centre2: number, length2: number): number {
  const start = Math.max(centre1 - length1 / 2, centre2 - length2 / 2);
  const end = Math.min(centre1 + length1 / 2, centre2 + length2 / 2);
  return Math.max(0, end - start);
}
