import { FACE_GROUP_SIZE, FACE_GROUP_STRIDE, FACE_SIZE_PX, type FaceGroups } from '../../models/index.ts';

export const FACE_BYTES = FACE_SIZE_PX * FACE_SIZE_PX;

/**
 * Each face of the groups once, in order. Group g holds the faces 5g…5g+9, so the first five faces of all groups are
 * all faces.
 */
export function uniqueFaces(groups: FaceGroups | null): Uint8Array {
  const count = groups?.faceCount ?? 0;
  const faces = new Uint8Array(count * FACE_BYTES);
  for (let face = 0; face < count; face++) {
    const slot = Math.floor(face / FACE_GROUP_STRIDE) * FACE_GROUP_SIZE + (face % FACE_GROUP_STRIDE);
    faces.set(groups!.pixels.subarray(slot * FACE_BYTES, (slot + 1) * FACE_BYTES), face * FACE_BYTES);
  }
  return faces;
}
