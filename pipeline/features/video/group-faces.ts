import {
  FACE_GROUP_COUNT,
  FACE_GROUP_SIZE,
  FACE_GROUP_STRIDE,
  FACE_SIZE_PX,
  type FaceGroups,
  MAX_FACES,
} from '../../../models/index.ts';

const FACE_PIXELS = FACE_SIZE_PX * FACE_SIZE_PX;

/**
 * The paper's video input: the first 25 faces in groups of 10 that overlap by 5. Missing faces are zero.
 *
 * @throws RangeError when there is no face, or one is not 64 × 64.
 */
export function groupFaces(faces: readonly Uint8Array[]): FaceGroups {
  if (faces.length === 0) throw new RangeError('an utterance without faces has no face groups');
  const faceCount = Math.min(faces.length, MAX_FACES);
  const pixels = new Uint8Array(FACE_GROUP_COUNT * FACE_GROUP_SIZE * FACE_PIXELS);
  for (let group = 0; group < FACE_GROUP_COUNT; group++) {
    for (let place = 0; place < FACE_GROUP_SIZE; place++) {
      const index = group * FACE_GROUP_STRIDE + place;
      if (index >= faceCount) break;
      const face = faces[index]!;
      if (face.length !== FACE_PIXELS) throw new RangeError(`a face has ${face.length} pixels, not ${FACE_PIXELS}`);
      pixels.set(face, (group * FACE_GROUP_SIZE + place) * FACE_PIXELS);
    }
  }
  return { pixels, faceCount };
}
