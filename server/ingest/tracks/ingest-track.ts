import type { RefusalCode, SessionNotice } from '../../../client-sdk/protocol/index.ts';
import type { AudioChunk, MediaFrame, TrackOpened, TranscriptSegment, VideoImage } from '../../../pipeline/index.ts';
import { RateWatch } from './rate-watch.ts';

export interface IngestTrackOptions {
  /** Unique in the session. */
  readonly trackId: string;
  readonly media: TrackOpened['media'];
  /** How far a frame may lie behind the track's newest frame, in ms of media time. */
  readonly jitterMs: number;
  /** The latest media time that a live call can have reached by now, in ms. */
  readonly horizonMs: () => number;
  /** Whether the server is too far behind to accept media from this source. Default: never. */
  readonly isBehind?: () => boolean;
  /** Receives accepted frames. */
  readonly push: (frame: MediaFrame) => void;
  /** Called for each frame that is dropped. */
  readonly onRefused?: (code: RefusalCode, mediaTimeMs: number, cause?: unknown) => void;
  /** Called when the sound does not fit its announced rate or the clock. */
  readonly onNotice?: (notice: SessionNotice) => void;
  /** Called once when the track has ended. */
  readonly onEnd?: () => void;
}

/**
 * One participant's voice, camera or words on their way into a session. Accepted media belongs to the session from then
 * on. Every method that accepts media returns why it was dropped, or null.
 */
export class IngestTrack {
  readonly trackId: string;
  readonly media: TrackOpened['media'];
  readonly #options: IngestTrackOptions;
  readonly #rate = new RateWatch();
  #newestMs = 0;
  #ended = false;

  constructor(options: IngestTrackOptions) {
    this.trackId = options.trackId;
    this.media = options.media;
    this.#options = options;
  }

  /** Whether the track accepts nothing more. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Why a frame of this kind and media time is refused. Null if it is accepted. Call it before the frame is decoded: a
   * refusal counts as a dropped frame.
   */
  refuse(media: TrackOpened['media'], startMs: number): RefusalCode | null {
    return this.report(this.#refusal(media, startMs), startMs);
  }

  /** Mono samples, −1…1, with the media time of the first one. */
  takeAudio({ startMs, sampleRateHz, samples }: Omit<AudioChunk, 'kind' | 'trackId'>): RefusalCode | null {
    const refusal = this.report(samples.length === 0 ? 'bad-samples' : this.#refusal('audio', startMs), startMs);
    if (refusal !== null) return refusal;
    const notice = this.#rate.take(startMs, sampleRateHz, samples.length, this.#options.horizonMs());
    if (notice !== null) this.#options.onNotice?.(notice);
    this.#push({ kind: 'audio', trackId: this.trackId, startMs, sampleRateHz, samples });
    return null;
  }

  takePicture(startMs: number, image: VideoImage['image']): RefusalCode | null {
    const refusal = this.refuse('video', startMs);
    if (refusal === null) this.#push({ kind: 'video', trackId: this.trackId, startMs, image });
    return refusal;
  }

  /** A repeated `segmentId` replaces the segment. Only final segments become text. */
  takeWords(segment: Omit<TranscriptSegment, 'kind' | 'trackId'>): RefusalCode | null {
    const { segmentId, startMs, endMs, text, final, words, speaker } = segment;
    const refusal = this.report(endMs >= startMs ? this.#refusal('transcript', endMs) : 'bad-time', endMs);
    if (refusal !== null) return refusal;
    const known = { ...(words !== undefined && { words }), ...(speaker !== undefined && { speaker }) };
    this.#push({ kind: 'transcript', trackId: this.trackId, segmentId, startMs, endMs, text, final, ...known });
    return null;
  }

  /** Nothing earlier than `untilMs` follows, for example because a microphone is muted or a call is on hold. */
  settle(untilMs: number): RefusalCode | null {
    const refusal = this.refuse(this.media, untilMs);
    if (refusal === null) this.#push({ kind: 'bound', trackId: this.trackId, startMs: untilMs });
    return refusal;
  }

  /** Nothing more follows. Open utterances of the track are finished now. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.push({ kind: 'bound', trackId: this.trackId, startMs: Number.POSITIVE_INFINITY });
    this.#options.onEnd?.();
  }

  /** Reports why a frame was dropped, and returns the code. Also for refusals that an adapter finds. Null: accepted. */
  report<R extends RefusalCode | null>(code: R, mediaTimeMs: number, cause?: unknown): R {
    if (code !== null) this.#options.onRefused?.(code, mediaTimeMs, cause);
    return code;
  }

  #refusal(media: TrackOpened['media'], startMs: number): RefusalCode | null {
    if (this.#ended) return 'unknown-track';
    if (media !== this.media) return 'wrong-media';
    if (!(startMs >= 0 && startMs <= this.#options.horizonMs())) return 'bad-time';
    if (this.#options.isBehind?.() === true) return 'overloaded';
    // Words arrive after recognition, so they may be any amount late.
    return media !== 'transcript' && startMs < this.#newestMs - this.#options.jitterMs ? 'bad-time' : null;
  }

  #push(frame: MediaFrame): void {
    this.#newestMs = Math.max(this.#newestMs, frame.startMs);
    this.#options.push(frame);
  }
}
