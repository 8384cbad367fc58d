import type { FaceGroups, FaceModels } from '../../../models/index.ts';
import { type Clock, systemClock } from '../../media/clock.ts';
import type { VideoImage } from '../../media/media-frame.ts';
import type { DecodeImage } from '../../media/rgb-image.ts';
import { type MemoryAccount, UNCOUNTED } from '../../support/memory-account.ts';
import { createFaceCollection } from './face-collection.ts';
import { faceQuality, NOISY_FACE_BELOW } from './face-quality.ts';
import { createFaceSeeker } from './face-seeker.ts';
import { BRIDGED_GAP_MS } from './face-tracker.ts';
import { createFrameSampler } from './frame-sampler.ts';
import { groupFaces } from './group-faces.ts';

export interface FaceStreamOptions {
  readonly faces: FaceModels;
  readonly decodeImage: DecodeImage;
  /** Sampled pictures that may wait. Beyond that the oldest are dropped. At least 1. Default 16, about 2.7 s of video. */
  readonly maxPendingImages?: number;
  /** Called after each search of a picture. */
  readonly onLook?: () => void;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** How long {@link FaceStream.finish} waits for pictures that are not searched yet, in ms. Default: forever. */
  readonly waitMs?: number;
  /** Called for each picture that was left out, with the error if the picture failed. */
  readonly onDrop?: (reason: PictureDropReason, image: VideoImage, cause?: unknown) => void;
  /** Counts the bytes of the waiting pictures. Default: not counted. */
  readonly memory?: MemoryAccount;
}

/** Why a picture was not used for an utterance. */
export type PictureDropReason =
  /** Too many were waiting. */
  | 'picture-overflow'
  /** It was not searched in time. */
  | 'picture-late'
  /** It could not be decoded, or the models failed on it. */
  | 'picture-failed';

/** An utterance's faces. */
export interface FaceResult {
  /** Null when no face was seen. */
  readonly faces: FaceGroups | null;
  /** Mean quality of the faces, times the share of searches that found one, 0…1; null if no face was seen. */
  readonly quality: number | null;
  readonly state: 'ok' | 'noisy' | 'absent';
}

/** Counts of an utterance's pictures so far. */
export interface FaceStreamCounts {
  /** Pictures chosen by the sampler: searched, waiting, dropped or unreadable. */
  readonly sampled: number;
  /** Dropped because too many were waiting. */
  readonly dropped: number;
  /** Could not be decoded, or the models failed on them. */
  readonly failed: number;
  /** Not searched when the wait ended. */
  readonly late: number;
}

/** Finds one person's face through an utterance, while it is spoken. */
export interface FaceStream {
  /** Takes pictures in order, whatever their rate; never throws. Ignored after `finish`. Takes over the picture's buffer. */
  push(image: VideoImage): void;
  /**
   * Ends the utterance: searches the waiting pictures before `endMs` for at most `waitMs`, and discards the others. Never
   * rejects. A second call returns the result of the first.
   */
  finish(endMs: number): Promise<FaceResult>;
  /** Discards the waiting pictures, because the result is no longer needed. */
  abandon(): void;
  /** Media time of the oldest picture that is not searched yet, ms; `Infinity` if there is none. */
  pendingFromMs(): number;
  counts(): FaceStreamCounts;
}

const DEFAULT_MAX_PENDING_IMAGES = 16;
/** Most pictures searched per utterance: 85 s of video, unless it has enough faces earlier. */
const MAX_LOOKS = 512;
/** A source that sends crops leaves out faces that are too small or turned too far. */
const JUDGED_BY_SOURCE = { sourceScale: 1, misfitPx: 0 };
const ABSENT: FaceResult = { faces: null, quality: null, state: 'absent' };

/** @throws RangeError when `maxPendingImages` is not a positive integer. */
export function createFaceStream(options: FaceStreamOptions): FaceStream {
  const { faces, decodeImage, maxPendingImages = DEFAULT_MAX_PENDING_IMAGES, onLook = () => {} } = options;
  const { clock = systemClock, waitMs = Number.POSITIVE_INFINITY, onDrop = () => {} } = options;
  if (!Number.isSafeInteger(maxPendingImages) || maxPendingImages < 1) {
    throw new RangeError(`maxPendingImages must be a positive integer, not ${maxPendingImages}`);
  }
  const { memory = UNCOUNTED } = options;
  const sampler = createFrameSampler();
  const seeker = createFaceSeeker(faces);
  const collection = createFaceCollection();
  const looks: number[] = [];
  let pending: VideoImage[] = [];
  let isWorking = false;
  /** The picture that is being searched. */
  let current: VideoImage | null = null;
  let worked: Promise<void> = Promise.resolve();
  let result: Promise<FaceResult> | null = null;
  /** Media time of the newest crop, ms, and its person: the source follows one person, as {@link createFaceSeeker} does. */
  let lastCropMs = Number.NEGATIVE_INFINITY;
  let cropIdentity = -1;
  let sampled = 0;
  let dropped = 0;
  let failed = 0;
  let late = 0;
  const abandoned = new AbortController();

  /** Bytes of the waiting pictures, as last reported. */
  let heldBytes = 0;

  const countHeld = (): void => {
    let bytes = current?.image.bytes.byteLength ?? 0;
    for (const { image } of pending) bytes += image.bytes.byteLength;
    memory.hold('pictures', bytes - heldBytes);
    heldBytes = bytes;
  };
  const stopTrimming = memory.onTrim(() => {
    const oldest = pending.splice(0, Math.ceil(pending.length / 2));
    for (const image of oldest) onDrop('picture-overflow', image);
    dropped += oldest.length;
    countHeld();
  });

  const hasSeenEnough = () => collection.isFull() || looks.length === MAX_LOOKS;

  const work = async (): Promise<void> => {
    isWorking = true;
    for (let image = pending.shift(); image !== undefined; image = pending.shift()) {
      current = image;
      await look(image).catch((error: unknown) => {
        if (abandoned.signal.aborted) return;
        failed++;
        onDrop('picture-failed', image, error);
      });
      if (abandoned.signal.aborted) return;
      looks.push(image.startMs);
      if (hasSeenEnough()) pending = [];
      current = null;
      countHeld();
      onLook();
    }
    isWorking = false;
  };

  const look = async ({ image, startMs }: VideoImage): Promise<void> => {
    if (image.encoding === 'face-gray-64') {
      const { bytes: pixels } = image;
      const quality = faceQuality({ pixels, ...JUDGED_BY_SOURCE });
      if (startMs - lastCropMs > BRIDGED_GAP_MS) cropIdentity++;
      lastCropMs = startMs;
      collection.add(cropIdentity, { startMs, pixels, quality });
      return;
    }
    const face = await seeker.seek(await decodeImage(image, abandoned.signal), startMs);
    if (face !== null && !abandoned.signal.aborted)
      collection.add(face.identity, { startMs, pixels: face.pixels, quality: faceQuality(face) });
  };

  const abandon = (): void => {
    const unseen = current === null ? pending : [current, ...pending];
    late += unseen.length;
    for (const image of unseen) onDrop('picture-late', image);
    pending = [];
    current = null;
    abandoned.abort();
    onLook();
  };

  /** Resolves when all pictures have been searched, or when the wait ends. */
  const lookInTime = async (): Promise<void> => {
    if (waitMs === Number.POSITIVE_INFINITY || !isWorking) return worked;
    const timeUp = Promise.withResolvers<void>();
    const timer = clock.scheduler.schedule(() => timeUp.resolve(), waitMs);
    await Promise.race([worked, timeUp.promise]);
    timer.unsubscribe();
    if (isWorking) abandon();
  };

  const conclude = (endMs: number): FaceResult => {
    const collected = collection.facesBefore(endMs);
    if (collected.length === 0) return ABSENT;
    const looksBefore = looks.filter((startMs) => startMs < endMs).length;
    const quality = collected.reduce((sum, face) => sum + face.quality, 0) / looksBefore;
    return {
      faces: groupFaces(collected.map(({ pixels }) => pixels)),
      quality,
      state: quality < NOISY_FACE_BELOW ? 'noisy' : 'ok',
    };
  };

  return {
    push(image) {
      if (result !== null || hasSeenEnough() || !sampler.take(image.startMs)) return;
      sampled++;
      pending.push(image);
      if (pending.length > maxPendingImages) {
        dropped++;
        onDrop('picture-overflow', pending.shift()!);
      }
      if (!isWorking) worked = work();
      countHeld();
    },
    finish(endMs) {
      result ??= (async () => {
        pending = pending.filter(({ startMs }) => startMs < endMs);
        await lookInTime();
        stopTrimming();
        countHeld();
        return conclude(endMs);
      })();
      return result;
    },
    abandon() {
      result ??= Promise.resolve(ABSENT);
      if (isWorking && !abandoned.signal.aborted) abandon();
    },
    pendingFromMs: () => (current ?? pending[0])?.startMs ?? Number.POSITIVE_INFINITY,
    counts: () => ({ sampled, dropped, failed, late }),
  };
}
