import type { FaceModels } from '../../../models/index.ts';
import type { RgbImage } from '../../media/rgb-image.ts';
import { type AlignedFace, alignFace } from './align-face.ts';
import { type FaceBox, overlap } from './face-box.ts';
import { createFaceTracker } from './face-tracker.ts';
import { closeUps, findFaces, neighbourhood, wholePicture } from './find-faces.ts';

/** Looks in vain from one search of the close-ups to the next: once a second, so that a faceless video stays cheap. */
const CLOSE_UP_PERIOD = 6;
/** Candidates that are looked at more closely in a picture, until one proves to be a face. */
const MAX_TRIED_FACES = 2;
/**
 * Least score of a face to start with, when seen from near; a followed face needs the detector's least. Photographs
 * without a face stay below at one of both looks; 96 in 100 faces of FER2013 lie above.
 */
const NEW_FACE_SCORE = 0.65;

export interface SoughtFace extends AlignedFace {
  /** Who it is: 0 for the first person followed, one more whenever a person was given up. */
  readonly identity: number;
}

export interface FaceSeeker {
  /** The followed person's face in the next picture; null when it shows none. Rejects with the models' error. */
  seek(image: RgbImage, startMs: number): Promise<SoughtFace | null>;
}

/** Follows one face from picture to picture. */
export function createFaceSeeker(faces: FaceModels): FaceSeeker {
  const tracker = createFaceTracker();
  let looksInVain = 0;

  const findAnyone = async (image: RgbImage): Promise<FaceBox[]> => {
    const found = await findFaces(faces, image, wholePicture(image));
    if (found.length > 0 || looksInVain++ % CLOSE_UP_PERIOD !== 0) return found;
    for (const region of closeUps(image)) {
      const near = await findFaces(faces, image, region);
      found.push(...near.filter(({ score }) => score >= NEW_FACE_SCORE));
    }
    return found;
  };

  /** Looks again, from near, which tells a face from a pattern and gives its true size where a close-up's edge cut it. */
  const confirm = async (image: RgbImage, box: FaceBox): Promise<FaceBox | null> => {
    const near = await findFaces(faces, image, neighbourhood(image, box));
    const again = near.find((face) => overlap(box, face) > 0);
    return again !== undefined && again.score >= NEW_FACE_SCORE ? again : null;
  };

  return {
    async seek(image, startMs) {
      const followed = tracker.followed(startMs);
      const found =
        followed === null ? await findAnyone(image) : await findFaces(faces, image, neighbourhood(image, followed));
      for (const candidate of tracker.candidates(found, startMs).slice(0, MAX_TRIED_FACES)) {
        const box = followed === null ? await confirm(image, candidate) : candidate;
        const face = box && (await alignFace(faces, image, box));
        if (box && face) return { ...face, identity: tracker.follow(box, startMs) };
      }
      return null;
    },
  };
}
