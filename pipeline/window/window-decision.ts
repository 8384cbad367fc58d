import type { Participant, UtteranceEndReason } from '../../client-sdk/protocol/index.ts';
import type { TrackOpened, TranscriptSegment } from '../media/media-frame.ts';
import type { OpenTracks, Utterance } from './utterance.ts';

/** What happens to a participant. All times are media times; samples count on the 16 kHz grid. */
export type WindowInput =
  /** The participant's role or name changed: they count from the next utterance on. */
  | { readonly kind: 'participant'; readonly participant: Participant }
  | { readonly kind: 'track-opened'; readonly track: TrackOpened }
  /** For audio: no more of it arrives. `audio-ended` follows once all of it is scored. */
  | { readonly kind: 'track-ended'; readonly trackId: string }
  /** Audio arrived. It is decided when it is scored. */
  | { readonly kind: 'audio-arrived'; readonly startMs: number }
  /** The oldest audio that is kept starts here. */
  | { readonly kind: 'audio-kept'; readonly fromSample: number }
  /** The next scored frame starts here, and does not continue the one before it. What this decides is told with it. */
  | { readonly kind: 'run-started'; readonly startSample: number }
  /** A frame of audio with its probability of speech, 0…1. */
  | { readonly kind: 'frame-scored'; readonly endSample: number; readonly probability: number }
  /** All audio is decided, and for now (`silence`) or for good (`track-end`) no more of it comes. */
  | { readonly kind: 'audio-ended'; readonly endedBy: UtteranceEndReason }
  | { readonly kind: 'picture-arrived'; readonly startMs: number }
  /** All pictures before this time have arrived. */
  | { readonly kind: 'pictures-settled'; readonly untilMs: number }
  /** The pictures that decisions wait for are late: do not wait for them. */
  | { readonly kind: 'pictures-late' }
  /** No words that begin before this time follow. */
  | { readonly kind: 'words-settled'; readonly untilMs: number }
  /** Interim or final words. */
  | { readonly kind: 'words'; readonly segment: TranscriptSegment }
  /** No interim words have come for long. */
  | { readonly kind: 'interims-expired' }
  /** It is this participant's turn to tell the decisions that waited for pictures. */
  | { readonly kind: 'turn' }
  /** Nothing more of anything comes. */
  | { readonly kind: 'finished' };

/** What the window decides. */
export type WindowDecision =
  | {
      readonly kind: 'open';
      readonly utteranceId: string;
      readonly participant: Participant;
      readonly startSample: number;
      /** What was heard or read first. */
      readonly openedBy: 'voice' | 'words';
      /** Whether `extend` will give it audio. */
      readonly hasAudio: boolean;
      /** Pictures before this belong to it; `Infinity` while it is not known. */
      readonly picturesUntilSample: number;
    }
  /** Audio before this sample belongs to the open utterance. */
  | { readonly kind: 'extend'; readonly untilSample: number }
  | ({ readonly kind: 'close' } & WordsOfUtterance)
  /** Words of a closed utterance changed. */
  | ({ readonly kind: 'revise' } & WordsOfUtterance)
  /** Final segments found no utterance. */
  | { readonly kind: 'discard'; readonly reason: 'unmatched-transcript'; readonly segmentIds: readonly string[] };

interface WordsOfUtterance {
  readonly utterance: Utterance;
  readonly tracks: OpenTracks;
  /** All of its final segments, by start. */
  readonly transcript: readonly TranscriptSegment[];
}
