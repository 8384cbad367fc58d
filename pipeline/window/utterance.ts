import type { Participant, UtteranceEndReason } from '../../client-sdk/protocol/index.ts';
import type { AudioChunk, TranscriptSegment, VideoImage } from '../media/media-frame.ts';

/** One stretch of one participant's speech, half-open `[startMs, endMs)` in media time. */
export interface Utterance {
  /** Unique in the session, and a function of the media alone: `<participant id>-<startMs>`. */
  readonly id: string;
  readonly participant: Participant;
  readonly startMs: number;
  readonly endMs: number;
  readonly endedBy: UtteranceEndReason;
}

/** Which tracks the participant has open. It distinguishes `late` (will come) from `absent` (cannot come). */
export interface OpenTracks {
  readonly text: boolean;
  readonly audio: boolean;
  readonly video: boolean;
}

/** A participant's voice, or interim words without a voice, began at `startMs`. Its media follows in order, from `startMs` on. */
export interface UtteranceOpened {
  readonly kind: 'opened';
  readonly utteranceId: string;
  readonly participant: Participant;
  readonly startMs: number;
}

/** Settled media of an open utterance: 16 kHz mono audio without gaps or overlap, or a picture. May run past its end. */
export interface UtteranceMedia {
  readonly kind: 'media';
  readonly utteranceId: string;
  readonly frame: AudioChunk | VideoImage;
}

/** The utterance's range is decided. No more media of it follows; its words may. */
export interface UtteranceClosed {
  readonly kind: 'closed';
  readonly utterance: Utterance;
  readonly tracks: OpenTracks;
  /** Final segments that overlap the range and have arrived, by start. */
  readonly transcript: readonly TranscriptSegment[];
  /** {@link Clock.now} at the decision, ms. */
  readonly decidedAtMs: number;
}

/** Words arrived or were corrected after the utterance closed. `transcript` is all of its words, by start. */
export interface UtteranceTranscribed {
  readonly kind: 'transcribed';
  readonly utterance: Utterance;
  readonly tracks: OpenTracks;
  readonly transcript: readonly TranscriptSegment[];
  /** {@link Clock.now} at the arrival of the newest segment, ms. */
  readonly arrivedAtMs: number;
}

/** What the window stage tells the feature stage. Signals of different participants interleave. */
export type UtteranceSignal = UtteranceOpened | UtteranceMedia | UtteranceClosed | UtteranceTranscribed;
