/// <reference lib="dom" preserve="true" />
import { type Alignment, faceAlignment } from './face-alignment.ts';
import type { DetectedFace, FaceDetector } from './open-face-detector.ts';

/** Side of the square about a face that is looked at from near, over the face's: the server's. */
const NEIGHBOURHOOD = 3;
/** The same square on its own canvas, px: the network sees 128. */
const NEAR_SIDE_PX = 256;
/** Least score of a face to start with, seen from near; a followed one needs the detector's least: the server's. */
const NEW_FACE_SCORE = 0.65;
/** A face unseen for this long is given up; whoever is largest then is followed: the server's. */
const BRIDGED_GAP_MS = 2000;

/** Follows one face from picture to picture, as the server does. */
export interface FaceFinder {
  /** Where the followed face is in the next picture, by the map from a crop's pixels to the picture's; null when it shows none. */
  find(picture: HTMLCanvasElement, timeMs: number): Alignment | null;
}

/** A face in a picture's pixels. */
interface PlacedFace extends Omit<DetectedFace, 'width' | 'height'> {
  readonly sidePx: number;
}

export function createFaceFinder(detector: FaceDetector): FaceFinder {
  const near = document.createElement('canvas');
  near.width = NEAR_SIDE_PX;
  near.height = NEAR_SIDE_PX;
  const drawing = near.getContext('2d');
  let last: { readonly face: PlacedFace; readonly timeMs: number } | null = null;

  const largest = (picture: HTMLCanvasElement): PlacedFace | undefined =>
    detector
      .detect(picture)
      .map((face) => placed(face, picture.width, picture.height, 0, 0))
      .sort((one, other) => other.sidePx - one.sidePx)[0];

  /** The same face, seen from near. */
  const lookCloser = (picture: HTMLCanvasElement, face: PlacedFace): PlacedFace | undefined => {
    if (drawing === null) return undefined;
    const sidePx = Math.min(NEIGHBOURHOOD * face.sidePx, Math.max(picture.width, picture.height));
    const [left, top] = [face.centreX - sidePx / 2, face.centreY - sidePx / 2];
    const scale = NEAR_SIDE_PX / sidePx;
    drawing.resetTransform();
    drawing.clearRect(0, 0, NEAR_SIDE_PX, NEAR_SIDE_PX);
    drawing.setTransform(scale, 0, 0, scale, -left * scale, -top * scale);
    drawing.imageSmoothingQuality = 'high';
    drawing.drawImage(picture, 0, 0);
    const distance = ({ centreX, centreY }: PlacedFace) => Math.hypot(centreX - face.centreX, centreY - face.centreY);
    return detector
      .detect(near)
      .map((found) => placed(found, sidePx, sidePx, left, top))
      .filter((found) => distance(found) < face.sidePx)
      .sort((one, other) => distance(one) - distance(other))[0];
  };

  return {
    find(picture, timeMs) {
      const followed = last !== null && timeMs - last.timeMs <= BRIDGED_GAP_MS ? last.face : undefined;
      const candidate = followed ?? largest(picture);
      const face = candidate && lookCloser(picture, candidate);
      if (face === undefined || (followed === undefined && face.score < NEW_FACE_SCORE)) return null;
      const alignment = faceAlignment(face.points);
      if (alignment !== null) last = { face, timeMs };
      return alignment;
    },
  };
}

function placed(face: DetectedFace, widthPx: number, heightPx: number, left: number, top: number): PlacedFace {
  return {
    centreX: left + face.centreX * widthPx,
    centreY: top + face.centreY * heightPx,
    sidePx: Math.max(face.width * widthPx, face.height * heightPx),
    score: face.score,
    points: face.points.map((share, i) => (i % 2 === 0 ? left + share * widthPx : top + share * heightPx)),
  };
}
