import { FACE_SIZE_PX, type FaceModels, LANDMARK_SIZE_PX } from '../../../models/index.ts';
import type { RgbImage } from '../../media/rgb-image.ts';
import type { FaceBox } from './face-box.ts';
import { FACE_TEMPLATE, MAX_MISFIT_PX, TEMPLATE_WEIGHTS, templatePoints } from './face-template.ts';
import { estimateSimilarity, invert, mapX, mapY, type Similarity, scaleOf } from './similarity.ts';
import { toGray, warpRgb } from './warp-image.ts';

/** Side of the landmark net's square, divided by the side of the detector's box. */
const LANDMARK_MARGIN = 1.3;

/** A face, aligned upright to the template. */
export interface AlignedFace {
  /** Gray, `[64, 64]` row by row. */
  readonly pixels: Uint8Array;
  /** Picture pixels per pixel of the aligned face: below 1 the face was enlarged. */
  readonly sourceScale: number;
  /** Root mean square distance of the five points from the template after the fit, px: grows as the head turns away. */
  readonly misfitPx: number;
  /** Maps aligned pixels to the picture's. */
  readonly toSource: Similarity;
}

/** Finds the face's landmarks and aligns it to the template; null if they are no face. Rejects with the models' error. */
export async function alignFace(faces: FaceModels, image: RgbImage, box: FaceBox): Promise<AlignedFace | null> {
  const toBox = landmarkSquare(box);
  const square = new Uint8Array(LANDMARK_SIZE_PX * LANDMARK_SIZE_PX * 3);
  warpRgb(image, toBox, LANDMARK_SIZE_PX, 'edge', square);
  const points = templatePoints(await faces.landmarks(square));
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i]! * LANDMARK_SIZE_PX;
    const y = points[i + 1]! * LANDMARK_SIZE_PX;
    points[i] = mapX(toBox, x, y);
    points[i + 1] = mapY(toBox, x, y);
  }
  const toTemplate = estimateSimilarity(points, FACE_TEMPLATE, TEMPLATE_WEIGHTS);
  if (toTemplate === null) return null;
  const misfitPx = misfit(points, toTemplate);
  if (misfitPx > MAX_MISFIT_PX) return null;
  const toSource = invert(toTemplate);
  const rgb = new Uint8Array(FACE_SIZE_PX * FACE_SIZE_PX * 3);
  warpRgb(image, toSource, FACE_SIZE_PX, 'edge', rgb);
  const pixels = new Uint8Array(FACE_SIZE_PX * FACE_SIZE_PX);
  toGray(rgb, pixels);
  return { pixels, sourceScale: scaleOf(toSource), misfitPx, toSource };
}

/** A square around the box, turned so that the eyes are level. Maps the landmark net's pixels to the picture's. */
function landmarkSquare(box: FaceBox): Similarity {
  const turn = Math.atan2(box.leftEyeY - box.rightEyeY, box.leftEyeX - box.rightEyeX);
  const scale = (LANDMARK_MARGIN * Math.max(box.widthPx, box.heightPx)) / LANDMARK_SIZE_PX;
  const a = scale * Math.cos(turn);
  const b = scale * Math.sin(turn);
  const half = LANDMARK_SIZE_PX / 2;
  return { a, b, tx: box.centreX - (a - b) * half, ty: box.centreY - (a + b) * half };
}

function misfit(points: Float32Array, toTemplate: Similarity): number {
  let sum = 0;
  for (let i = 0; i < points.length; i += 2) {
    const dx = mapX(toTemplate, points[i]!, points[i + 1]!) - FACE_TEMPLATE[i]!;
    const dy = mapY(toTemplate, points[i]!, points[i + 1]!) - FACE_TEMPLATE[i + 1]!;
    sum += dx * dx + dy * dy;
  }
  return Math.sqrt(sum / (points.length / 2));
}
