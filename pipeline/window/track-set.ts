import type { TrackOpened } from '../media/media-frame.ts';
import type { OpenTracks } from './utterance.ts';

type TrackMedia = TrackOpened['media'];

interface Track {
  readonly trackId: string;
  isOpen: boolean;
  /** Time of the newest frame, or of the end, ms. */
  reachedMs: number;
}

/** The tracks of one participant: the newest of each kind. */
export class TrackSet {
  readonly #tracks = new Map<TrackMedia, Track>();

  /** A track opens; it takes the place of an earlier one of its kind. */
  open({ media, trackId, startMs }: TrackOpened): void {
    this.#tracks.set(media, { trackId, isOpen: true, reachedMs: startMs });
  }

  /** Notes that the track of a kind has frames up to `startMs`. */
  reach(media: TrackMedia, startMs: number): void {
    const track = this.#tracks.get(media);
    if (track !== undefined && startMs > track.reachedMs) {
      track.reachedMs = startMs;
    }
  }

  /** A track ends: at the time that the participant's newest frame has, as tracks like transcripts have gaps. */
  close(trackId: string): void {
    const tracks = [...this.#tracks.values()];
    const track = tracks.find((other) => other.trackId === trackId);
    if (track?.isOpen === true) {
      track.isOpen = false;
      track.reachedMs = Math.max(...tracks.map(({ reachedMs }) => reachedMs));
    }
  }

  /** Kind of a track that is the newest of its kind, or null. */
  mediaOf(trackId: string): TrackMedia | null {
    for (const [media, track] of this.#tracks) {
      if (track.trackId === trackId) {
        return media;
      }
    }
    return null;
  }

  isCurrent(media: TrackMedia, trackId: string): boolean {
    return this.#tracks.get(media)?.trackId === trackId;
  }

  /** Id of the newest track of a kind; empty if there was none. */
  idOf(media: TrackMedia): string {
    return this.#tracks.get(media)?.trackId ?? '';
  }

  /** Which tracks with words and pictures were open at `startMs` or later. */
  during(startMs: number): Omit<OpenTracks, 'audio'> {
    const had = (media: TrackMedia) => {
      const track = this.#tracks.get(media);
      return track !== undefined && (track.isOpen || track.reachedMs >= startMs);
    };
    return { text: had('transcript'), video: had('video') };
  }
}
