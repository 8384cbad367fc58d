import type { MediaPacket, RefusalCode, TrackMedia, TranscriptMessage } from '../../../client-sdk/protocol/index.ts';
import { decodeFaceCrop } from '../decode-face-crop.ts';
import { decodePcm } from '../decode-pcm.ts';
import { hasImageSignature } from '../image-signature.ts';
import type { IngestTrack } from '../ingest-track.ts';

/** What a publisher sends on one of its tracks, decoded as the track was announced. Returns why something was dropped. */
export class PublishedTrack {
  readonly #track: IngestTrack;
  readonly #media: TrackMedia;

  constructor(track: IngestTrack, media: TrackMedia) {
    this.#track = track;
    this.#media = media;
  }

  /** The session keeps no memory of `packet`. */
  takePacket({ kind, mediaTimeMs: startMs, payload }: MediaPacket): RefusalCode | null {
    const media = this.#media;
    const refusal = this.#track.refuse(kind, startMs);
    if (refusal !== null) return refusal;
    if (media.kind === 'audio') {
      const samples = decodePcm(payload, media.encoding, media.channelCount ?? 1);
      if (samples === null) return 'bad-samples';
      return this.#track.takeAudio({ startMs, sampleRateHz: media.sampleRateHz, samples });
    }
    if (media.kind !== 'video') return 'wrong-media';
    if (media.encoding === 'face-gray-64') {
      const bytes = decodeFaceCrop(payload);
      return bytes === null ? 'bad-image' : this.#track.takePicture(startMs, { encoding: media.encoding, bytes });
    }
    if (!hasImageSignature(payload, media.encoding)) return 'bad-image';
    return this.#track.takePicture(startMs, { encoding: media.encoding, bytes: payload.slice() });
  }

  takeTranscript(words: Omit<TranscriptMessage, 'type' | 'track'>): RefusalCode | null {
    return this.#track.takeWords(words);
  }

  end(): void {
    this.#track.end();
  }
}
