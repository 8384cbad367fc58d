import { FACE_SIZE_PX } from '../../../models/index.ts';

/**
 * Where an aligned face has its right eye, left eye, nose tip, right and left mouth corner (x, y pairs, pixels of a
 * {@link FACE_SIZE_PX} square; right and left are the person's). Medians of FER2013's training pictures, made
 * symmetric: the face encoder learns from those, so live faces must fill the square as they do.
 */
export const FACE_TEMPLATE: readonly number[] = [0.317, 0.374, 0.683, 0.374, 0.5, 0.59, 0.355, 0.754, 0.645, 0.754].map(
  (share) => share * FACE_SIZE_PX,
);

/** Weight of each point of {@link FACE_TEMPLATE} in the alignment: eyes hold still, mouth and nose move with speech. */
export const TEMPLATE_WEIGHTS: readonly number[] = [3, 3, 1, 1, 1];

/**
 * Root mean square distance from {@link FACE_TEMPLATE} after the fit, px. Points beyond it are not a face. Over FER2013 the
 * median is 2 and the largest, a profile, 6. The detector's false alarms give 11 and more.
 */
export const MAX_MISFIT_PX = 7;

const RIGHT_EYE = [36, 37, 38, 39, 40, 41];
const LEFT_EYE = [42, 43, 44, 45, 46, 47];
const NOSE_TIP = [30];
const RIGHT_MOUTH_CORNER = [48];
const LEFT_MOUTH_CORNER = [54];
const TEMPLATE_LANDMARKS = [RIGHT_EYE, LEFT_EYE, NOSE_TIP, RIGHT_MOUTH_CORNER, LEFT_MOUTH_CORNER];

/** The template's five points out of dlib's 68 (`[68, 2]`), as x, y pairs in the landmarks' own unit. */
export function templatePoints(landmarks: Float32Array): Float32Array<ArrayBuffer> {
  const points = new Float32Array(2 * TEMPLATE_LANDMARKS.length);
  TEMPLATE_LANDMARKS.forEach((indices, point) => {
    for (const index of indices) {
      points[2 * point]! += landmarks[2 * index]! / indices.length;
      points[2 * point + 1]! += landmarks[2 * index + 1]! / indices.length;
    }
  });
  return points;
}
