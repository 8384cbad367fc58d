import { inflateRawSync } from 'node:zlib';
import { FACE_CROP_BYTES, unfilterFaceCrop } from '../../../client-sdk/protocol/index.ts';

/** The gray values of a `face-gray-64` payload. Null if it is not one. Inflates at most one crop. */
export function decodeFaceCrop(payload: Uint8Array): Uint8Array | null {
  if (payload.byteLength > 2 * FACE_CROP_BYTES) return null;
  try {
    const residuals = inflateRawSync(payload, { maxOutputLength: FACE_CROP_BYTES });
    return residuals.byteLength === FACE_CROP_BYTES ? unfilterFaceCrop(residuals) : null;
  } catch {
    return null;
  }
}
