import type { MediaPacket, RefusalCode, TrackMedia } from '../../../client-sdk/protocol/index.ts';
import type { TranscriptSegment } from '../../../pipeline/index.ts';
import { refusePicture } from '../pictures/inspect-picture.ts';
import type { PictureError } from '../pictures/picture-error.ts';
import { decodeFaceCrop } from '../tracks/decode-face-crop.ts';
import { decodePcm } from '../tracks/decode-pcm.ts';
import type { IngestTrack } from '../tracks/ingest-track.ts';
import type { SourceTime } from '../tracks/source-time.ts';

type SourceClock = Pick<SourceTime, 'placeMedia' | 'placeWords'>;

const OWN_TIME: SourceClock = { placeMedia: (_track, ms) => ms, placeWords: (ms) => ms };

/**
 * Decodes what a publisher sends on one of its tracks, in the announced format. Returns why something was dropped. A
 * PictureError stands for `bad-image` and describes the problem.
 */
export class PublishedTrack {
  readonly #track: IngestTrack;
  readonly #media: TrackMedia;
  readonly #time: SourceClock;

  /** `time`: maps the publisher's times to media time. Default: they are media times already. */
  constructor(track: IngestTrack, media: TrackMedia, time: SourceClock = OWN_TIME) {
    this.#track = track;
    this.#media = media;
    this.#time = time;
  }

  /** Unique in the session. */
  get trackId(): string {
    return this.#track.trackId;
  }

  /** Copies what the session keeps: `packet` may be reused. */
  takePacket({ kind, mediaTimeMs, payload }: MediaPacket): RefusalCode | PictureError | null {
    const media = this.#media;
    if (kind !== media.kind) return this.#track.refuse(kind, 0);
    const startMs = this.#time.placeMedia(this.#track.trackId, mediaTimeMs, durationMs(media, payload));
    if (startMs === null) return this.#track.report('bad-time', mediaTimeMs);
    const refusal = this.#track.refuse(kind, startMs);
    if (refusal !== null) return refusal;
    if (media.kind === 'audio') {
      const samples = decodePcm(payload, media.encoding, media.channelCount ?? 1);
      if (samples === null) return this.#track.report('bad-samples', startMs);
      return this.#track.takeAudio({ startMs, sampleRateHz: media.sampleRateHz, samples });
    }
    if (media.kind !== 'video') return this.#track.report('wrong-media', startMs);
    if (media.encoding === 'face-gray-64') {
      const bytes = decodeFaceCrop(payload);
      return bytes === null
        ? this.#unfit(this.#track.report('bad-image', startMs), startMs)
        : this.#track.takePicture(startMs, { encoding: media.encoding, bytes });
    }
    const unfit = refusePicture(media.encoding, payload);
    if (unfit !== null) {
      this.#track.report('bad-image', startMs, unfit);
      return this.#unfit(unfit, startMs);
    }
    return this.#track.takePicture(startMs, { encoding: media.encoding, bytes: payload.slice() });
  }

  /** There is no picture for this time. Utterances need not wait for it. */
  #unfit<R>(refusal: R, startMs: number): R {
    this.#track.settle(startMs);
    return refusal;
  }

  takeTranscript(segment: Omit<TranscriptSegment, 'kind' | 'trackId'>): RefusalCode | null {
    const endMs = this.#time.placeWords(segment.endMs);
    if (endMs === null) return this.#track.report('bad-time', segment.endMs);
    // Words may have begun before this source joined.
    const placed = (ms: number) => Math.max(0, ms + endMs - segment.endMs);
    const words = segment.words?.map((word) => ({
      text: word.text,
      startMs: placed(word.startMs),
      endMs: placed(word.endMs),
    }));
    const startMs = placed(segment.startMs);
    return this.#track.takeWords({ ...segment, startMs, endMs, ...(words !== undefined && { words }) });
  }

  end(): void {
    this.#track.end();
  }
}

function durationMs(media: TrackMedia, payload: Uint8Array): number {
  if (media.kind !== 'audio') return 0;
  const frameBytes = (media.encoding === 'pcm-s16le' ? 2 : 4) * (media.channelCount ?? 1);
  return (1000 * payload.byteLength) / frameBytes / media.sampleRateHz;
}
