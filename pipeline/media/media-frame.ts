import type { Participant } from '../../client-sdk/protocol/index.ts';

/** A stretch of mono samples. The receiver owns `samples` and may keep it. */
export interface AudioChunk {
  readonly kind: 'audio';
  readonly trackId: string;
  /** Media time of the first sample: ms since the session's first frame. */
  readonly startMs: number;
  /** 8000…96000 before the sync stage, 16000 after it. */
  readonly sampleRateHz: number;
  /** Mono, −1…1, finite. */
  readonly samples: Float32Array;
}

/** A still picture, compressed or raw. The receiver owns `bytes`. */
export type StillImage =
  | { readonly encoding: 'jpeg' | 'png' | 'webp'; readonly bytes: Uint8Array }
  /** `bytes` holds `widthPx * heightPx * 3` values, row by row. */
  | { readonly encoding: 'rgb24'; readonly widthPx: number; readonly heightPx: number; readonly bytes: Uint8Array };

/** A face that its source has found and aligned: `bytes` are 64×64 gray values, row by row. The receiver owns them. */
export interface FaceCrop {
  readonly encoding: 'face-gray-64';
  readonly bytes: Uint8Array;
}

export interface VideoImage {
  readonly kind: 'video';
  readonly trackId: string;
  readonly startMs: number;
  readonly image: StillImage | FaceCrop;
}

/** When a word was spoken, ms of media time. */
export interface TimedWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Words from a recogniser. A later segment with the same `segmentId` replaces it. A final one without text takes it back. */
export interface TranscriptSegment {
  readonly kind: 'transcript';
  readonly trackId: string;
  readonly segmentId: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  /** False for interim words, which are never scored or shown. */
  readonly final: boolean;
  /** When each word was spoken, in order. Left out: not known. */
  readonly words?: readonly TimedWord[];
  /** The recogniser's label of who spoke. Left out: it gives none, or the track has one speaker. The stages ignore it. */
  readonly speaker?: string;
}

/** Promises that nothing earlier than `startMs` follows on the track. `Infinity`: the track has ended. */
export interface TrackBound {
  readonly kind: 'bound';
  readonly trackId: string;
  readonly startMs: number;
}

/** A track appears. It precedes every other frame of the track. */
export interface TrackOpened {
  readonly kind: 'track';
  readonly trackId: string;
  readonly startMs: number;
  readonly media: 'audio' | 'video' | 'transcript';
  readonly participant: Participant;
}

/** Every kind of frame that flows into a session's pipeline. */
export type MediaFrame = TrackOpened | AudioChunk | VideoImage | TranscriptSegment | TrackBound;
