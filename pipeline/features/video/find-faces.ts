import { DETECTOR_SIZE_PX, type FaceModels } from '../../../models/index.ts';
import type { RgbImage } from '../../media/rgb-image.ts';
import { decodeBoxes } from './decode-boxes.ts';
import type { FaceBox } from './face-box.ts';
import { warpRgb } from './warp-image.ts';

/** A square of a picture, in its pixels; may reach beyond its edges. */
export interface Region {
  readonly leftPx: number;
  readonly topPx: number;
  readonly sidePx: number;
}

/** Side of a followed face's region, divided by that of its box: the face may move by its own width in each direction. */
const NEIGHBOURHOOD = 3;

/**
 * The faces in a region of the picture, in the picture's pixels, most confident first. Faces smaller than about a tenth
 * of the region's side are not found. Rejects with the models' error.
 */
export async function findFaces(faces: FaceModels, image: RgbImage, region: Region): Promise<FaceBox[]> {
  const toSource = { a: region.sidePx / DETECTOR_SIZE_PX, b: 0, tx: region.leftPx, ty: region.topPx };
  const pixels = new Uint8Array(DETECTOR_SIZE_PX * DETECTOR_SIZE_PX * 3);
  warpRgb(image, toSource, DETECTOR_SIZE_PX, 'black', pixels);
  return decodeBoxes(await faces.detect(pixels), toSource);
}

/** The whole picture, in the middle of its square. */
export function wholePicture({ widthPx, heightPx }: RgbImage): Region {
  const sidePx = Math.max(widthPx, heightPx);
  return { leftPx: (widthPx - sidePx) / 2, topPx: (heightPx - sidePx) / 2, sidePx };
}

/** The region in which a face that was just seen can be now; no larger than the picture's longer side. */
export function neighbourhood(image: RgbImage, { centreX, centreY, widthPx, heightPx }: FaceBox): Region {
  const sidePx = Math.min(NEIGHBOURHOOD * Math.max(widthPx, heightPx), Math.max(image.widthPx, image.heightPx));
  return { leftPx: centreX - sidePx / 2, topPx: centreY - sidePx / 2, sidePx };
}

/**
 * Squares of half the longer side that cover the picture, each overlapping the next by half or more: 6 of 640 × 480.
 * They show faces too small to be seen in the whole. None for a picture that the detector sees at full size anyway.
 */
export function closeUps({ widthPx, heightPx }: RgbImage): Region[] {
  const sidePx = Math.max(widthPx, heightPx) / 2;
  if (sidePx <= DETECTOR_SIZE_PX) return [];
  const regions: Region[] = [];
  for (const topPx of spread(heightPx, sidePx)) {
    for (const leftPx of spread(widthPx, sidePx)) regions.push({ leftPx, topPx, sidePx });
  }
  return regions;
}

/** Starts of stretches of `side` that cover `length`, at most half a side apart; a shorter length gets one, centred. */
function spread(length: number, side: number): number[] {
  const room = length - side;
  if (room <= 0) return [room / 2];
  const gaps = Math.ceil(room / (side / 2));
  return Array.from({ length: gaps + 1 }, (_, i) => (i * room) / gaps);
}
