import { DETECTOR_ANCHOR_COUNT } from '../../../models/index.ts';

/** Grids of MediaPipe's short-range face detector (strides 8, 16, 16, 16 on 128 px): cells per side, anchors per cell. */
const GRIDS = [
  { cells: 16, anchors: 2 },
  { cells: 8, anchors: 6 },
] as const;

/** Centre of each candidate (x, y pairs, shares of the picture's side), in the order of the detector's outputs. */
export const DETECTION_ANCHORS: Float32Array = buildAnchors();

function buildAnchors(): Float32Array {
  const centres = new Float32Array(DETECTOR_ANCHOR_COUNT * 2);
  let o = 0;
  for (const { cells, anchors } of GRIDS) {
    for (let y = 0; y < cells; y++) {
      for (let x = 0; x < cells; x++) {
        for (let k = 0; k < anchors; k++) {
          centres[o++] = (x + 0.5) / cells;
          centres[o++] = (y + 0.5) / cells;
        }
      }
    }
  }
  return centres;
}
