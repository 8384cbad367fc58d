import { MAX_FACES } from '../../../models/index.ts';

export interface CollectedFace {
  readonly startMs: number;
  /** Gray, `[64, 64]`. */
  readonly pixels: Uint8Array;
  /** 0…1. */
  readonly quality: number;
}

export interface FaceCollection {
  /** Identities must not decrease, nor times within one. */
  add(identity: number, face: CollectedFace): void;
  /** True when no further face can be used. */
  isFull(): boolean;
  /** The faces before `endMs` of whoever has most of them, the earlier person where two have as many. */
  facesBefore(endMs: number): readonly CollectedFace[];
}

/** An utterance's faces, all of one person: at most {@link MAX_FACES} of the fullest identity and of the newest. */
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
