import { MAX_FACES } from '../../../models/index.ts';

export interface CollectedFace {
  readonly startMs: number;
  /** Gray, `[64, 64]`. */
  readonly pixels: Uint8Array;
  /** 0…1. */
  readonly quality: number;
}

export interface FaceCollection {
  /** Identities must not decrease. Times must not decrease within an identity. */
  add(identity: number, face: CollectedFace): void;
  /** True when no further face can be used. */
  isFull(): boolean;
  /** The faces before `endMs` of the person who has the most; of two equal people, of the earlier one. */
  facesBefore(endMs: number): readonly CollectedFace[];
}

/** The faces of an utterance, all of one person. Keeps at most {@link MAX_FACES} of the fullest and of the newest identity. */
export function createFaceCollection(): FaceCollection {
  let fullest: CollectedFace[] = [];
  let newest: CollectedFace[] = [];
  let newestIdentity = 0;
  return {
    add(identity, face) {
      if (identity !== newestIdentity) {
        if (newest.length > fullest.length) fullest = newest;
        newest = [];
        newestIdentity = identity;
      }
      if (newest.length < MAX_FACES) newest.push(face);
    },
    isFull: () => fullest.length === MAX_FACES || newest.length === MAX_FACES,
    facesBefore(endMs) {
      const [earlier, later] = [fullest, newest].map((faces) => faces.filter(({ startMs }) => startMs < endMs));
      return later!.length > earlier!.length ? later! : earlier!;
    },
  };
}
