import type { FaceModels } from '../../../models/index.ts';
import type { RgbImage } from '../../media/rgb-image.ts';
import { type AlignedFace, alignFace } from './align-face.ts';
import { type FaceBox, moved, overlap } from './face-box.ts';
import { createFaceTracker } from './face-tracker.ts';
import { closeUps, findFaces, neighbourhood, wholePicture } from './find-faces.ts';
import { hasMovedLittle, looksAlike, motionBetween } from './followed-face.ts';

/** Pictures without a face between two searches of the close-ups: about one second, so that a video without faces is cheap. */
const CLOSE_UP_PERIOD = 6;
/** Candidates per picture that are examined more closely, until one is confirmed as a face. */
const MAX_TRIED_FACES = 2;
/**
 * Least score in the close look that confirms a new face. For a followed face the detector's minimum is enough. Photographs
 * without a face stay below it in one of the two looks; 96 in 100 faces of FER2013 are above it.
 */
const NEW_FACE_SCORE = 0.65;

/** How long a face is followed by its landmarks alone, in ms: one picture in six is searched. */
const SEARCH_PERIOD_MS = 950;

/** A face that a search has found. */
interface FoundFace {
  readonly box: FaceBox;
  readonly face: AlignedFace;
  readonly startMs: number;
}

export interface SoughtFace extends AlignedFace {
  /** The person: 0 for the first one followed, one higher whenever a person was given up. */
  readonly identity: number;
}

export interface FaceSeeker {
  /** The followed person's face in the next picture; null if it shows none. Rejects with the models' error. */
  seek(image: RgbImage, startMs: number): Promise<SoughtFace | null>;
}

/** Follows one face from picture to picture. */
export function createFaceSeeker(faces: FaceModels): FaceSeeker {
  const tracker = createFaceTracker();
  let looksInVain = 0;
  /** The face that the last search found, and how it was in the last picture; null if that picture did not show it. */
  let found: FoundFace | null = null;
  let last: FoundFace | null = null;

  const findAnyone = async (image: RgbImage): Promise<FaceBox[]> => {
    const found = await findFaces(faces, image, wholePicture(image));
    if (found.length > 0 || looksInVain++ % CLOSE_UP_PERIOD !== 0) return found;
    for (const region of closeUps(image)) {
      const near = await findFaces(faces, image, region);
      found.push(...near.filter(({ score }) => score >= NEW_FACE_SCORE));
    }
    return found;
  };

  /** Looks again more closely. This excludes patterns, and finds the true size of a face that a close-up's edge cut off. */
  const confirm = async (image: RgbImage, box: FaceBox): Promise<FaceBox | null> => {
    const near = await findFaces(faces, image, neighbourhood(image, box));
    const again = near.find((face) => overlap(box, face) > 0);
    return again !== undefined && again.score >= NEW_FACE_SCORE ? again : null;
  };

  /** The followed face, found by the landmarks of its last place; null if that is not certain. */
  const follow = async (image: RgbImage, startMs: number): Promise<SoughtFace | null> => {
    if (found === null || last === null || startMs - found.startMs >= SEARCH_PERIOD_MS) return null;
    const face = await alignFace(faces, image, last.box);
    if (face === null || !hasMovedLittle(last.face, face) || !looksAlike(found.face, face)) return null;
    const box = moved(found.box, motionBetween(found.face, face));
    last = { box, face, startMs };
    return { ...face, identity: tracker.follow(box, startMs) };
  };

  const search = async (image: RgbImage, startMs: number): Promise<SoughtFace | null> => {
    found = last = null;
    const followed = tracker.followed(startMs);
    const boxes =
      followed === null ? await findAnyone(image) : await findFaces(faces, image, neighbourhood(image, followed));
    for (const candidate of tracker.candidates(boxes, startMs).slice(0, MAX_TRIED_FACES)) {
      const box = followed === null ? await confirm(image, candidate) : candidate;
      const face = box && (await alignFace(faces, image, box));
      if (!box || !face) continue;
      found = last = { box, face, startMs };
      return { ...face, identity: tracker.follow(box, startMs) };
    }
    return null;
  };

  return { seek: async (image, startMs) => (await follow(image, startMs)) ?? search(image, startMs) };
}
