/** Side of an aligned face, in px. */
export const FACE_CROP_SIDE_PX = 64;

/** Pixels of an aligned face, and bytes of its gray values. */
export const FACE_CROP_BYTES = FACE_CROP_SIDE_PX * FACE_CROP_SIDE_PX;

/**
 * Turns gray values into what compresses well: each less the value foretold from its neighbours (JPEG-LS's gradient
 * rule, ISO/IEC 14495-1), modulo 256. The payload of `face-gray-64` is this as a raw DEFLATE stream (RFC 1951).
 *
 * @param pixels - {@link FACE_CROP_BYTES} gray values, row by row.
 */
export function filterFaceCrop(pixels: Uint8Array): Uint8Array<ArrayBuffer> {
  const residuals = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) residuals[i] = (pixels[i] ?? 0) - foretold(pixels, i);
  return residuals;
}

/** Undoes {@link filterFaceCrop}, in a fresh buffer. */
export function unfilterFaceCrop(residuals: Uint8Array): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(residuals.length);
  for (let i = 0; i < residuals.length; i++) pixels[i] = (residuals[i] ?? 0) + foretold(pixels, i);
  return pixels;
}

/** From the values to the left, above and above left; 0 stands beyond the edge. */
function foretold(pixels: Uint8Array, index: number): number {
  const inRow = index % FACE_CROP_SIDE_PX > 0;
  const left = inRow ? (pixels[index - 1] ?? 0) : 0;
  const above = pixels[index - FACE_CROP_SIDE_PX] ?? 0;
  const corner = inRow ? (pixels[index - FACE_CROP_SIDE_PX - 1] ?? 0) : 0;
  return Math.max(Math.min(left, above), Math.min(Math.max(left, above), left + above - corner));
}
