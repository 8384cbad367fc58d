import { type FaceBox, overlap } from './face-box.ts';

/** A face unseen for this long is given up. The largest face is then followed as a new person. */
export const BRIDGED_GAP_MS = 2000;
/** Boxes are enlarged by half before they are compared, so that a head may move by its own width between two pictures. */
const REACH = 1.5;
const MIN_OVERLAP = 0.2;

export interface FaceTracker {
  /** Where the followed face was last seen; null if no face is followed. */
  followed(startMs: number): FaceBox | null;
  /**
   * The faces that may be the followed one, best first. While a face is followed: those that overlap its last position.
   * Otherwise: all, largest first.
   */
  candidates(faces: readonly FaceBox[], startMs: number): FaceBox[];
  /** Follows `face`. Returns its identity: 0 for the first face followed, one higher whenever a face was given up. */
  follow(face: FaceBox, startMs: number): number;
}

/** Follows one person. It waits for a face that disappears for a moment, and no other face takes its place. */
export function createFaceTracker(): FaceTracker {
  let last: { readonly face: FaceBox; readonly startMs: number } | null = null;
  let identity = -1;
  const followed = (startMs: number) => (last !== null && startMs - last.startMs <= BRIDGED_GAP_MS ? last.face : null);
  return {
    followed,
    candidates(faces, startMs) {
      const previous = followed(startMs);
      if (previous === null) return [...faces].sort((one, other) => areaOf(other) - areaOf(one));
      return faces
        .map((face) => ({ face, shared: overlap(previous, face, REACH) }))
        .filter(({ shared }) => shared >= MIN_OVERLAP)
        .sort((one, other) => other.shared - one.shared)
        .map(({ face }) => face);
    },
    follow(face, startMs) {
      if (followed(startMs) === null) identity++;
      last = { face, startMs };
      return identity;
    },
  };
}

function areaOf(face: FaceBox): number {
  return face.widthPx * face.heightPx;
}
