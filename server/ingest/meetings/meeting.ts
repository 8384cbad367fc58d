import type { SessionEndReason } from '../../../client-sdk/protocol/index.ts';
import type { TrackOpened } from '../../../pipeline/index.ts';
import type { Session } from '../../sessions/session.ts';
import type { CallPart } from '../admission/call-part.ts';
import type { IngestMeter } from '../admission/ingest-meter.ts';
import { refusePicture } from '../pictures/inspect-picture.ts';
import type { CompressedEncoding } from '../pictures/picture-header.ts';
import type { IngestTrack } from '../tracks/ingest-track.ts';
import type { ReadRecognized } from '../transcripts/recognized-segment.ts';
import { TranscriptSource } from '../transcripts/transcript-source.ts';
import { type Attendee, type MeetingRoles, toParticipant } from './attendee.ts';
import type { MeetingClock } from './meeting-clock.ts';

export interface MeetingOptions {
  readonly part: CallPart;
  readonly clock: MeetingClock;
  readonly roles: MeetingRoles;
  readonly meter: IngestMeter;
  /** Reads the platform's transcript messages. */
  readonly readWords: ReadRecognized;
  /** Called when the last connection has left. */
  readonly onEmpty: () => void;
}

type Media = TrackOpened['media'];

interface Presence {
  readonly tracks: Map<Media, IngestTrack>;
  readonly words: TranscriptSource;
  isCameraOff: boolean;
}

/**
 * One meeting's part in a session. Any number of connections may bring it. Each attendee becomes a participant with
 * audio, video and transcript tracks, in the platform's time. Made by {@link Meetings}.
 */
export class Meeting {
  readonly #options: MeetingOptions;
  /** Attendees that were heard or seen, at most as many as the session takes participants. */
  readonly #present = new Map<string, Presence>();
  #connections = 0;

  constructor(options: MeetingOptions) {
    this.#options = options;
  }

  get session(): Session {
    return this.#options.part.session;
  }

  enter(): this {
    this.#connections += 1;
    return this;
  }

  /**
   * One connection has left. The last connection's reason becomes the session's end reason, unless another source is in
   * the session.
   */
  leave(reason: SessionEndReason): void {
    this.#connections -= 1;
    if (this.#connections > 0) return;
    this.#options.part.leave(reason);
    this.#options.onEmpty();
  }

  /** Mono samples, −1…1. `atMs`: the platform's time of the first one. Null: the bytes were not whole samples. */
  takeAudio(attendee: Attendee, atMs: number, sampleRateHz: number, samples: Float32Array | null): void {
    const { clock } = this.#options;
    if (samples === null) {
      this.#refused('bad-samples');
      return;
    }
    const startMs = clock.mediaMs(`${attendee.id}/audio`, atMs, (1000 * samples.length) / sampleRateHz);
    this.#refused(this.#with(attendee, 'audio', (track) => track.takeAudio({ startMs, sampleRateHz, samples })));
  }

  /** Takes a picture of the attendee. */
  takePicture(attendee: Attendee, atMs: number, encoding: CompressedEncoding, bytes: Uint8Array): void {
    const startMs = this.#options.clock.mediaMs(`${attendee.id}/video`, atMs);
    // Some platforms send a placeholder while a camera is off.
    if (this.#present.get(attendee.id)?.isCameraOff === true) {
      this.#refused('unknown-track');
      return;
    }
    const unfit = refusePicture(encoding, bytes);
    if (unfit === null) {
      this.#refused(this.#with(attendee, 'video', (track) => track.takePicture(startMs, { encoding, bytes })));
    } else {
      this.#options.meter.pictureDropped(unfit.code);
      this.#refused('bad-image');
      // There is no picture for this time. Utterances need not wait for it.
      this.#present.get(attendee.id)?.tracks.get('video')?.settle(startMs);
    }
  }

  /**
   * `message`: input for the meeting's transcript reader. `atMs`: the platform's time of the message. It decides the
   * clock's offset if no time came before.
   */
  takeWords(attendee: Attendee, atMs: number, message: unknown): void {
    const offsetMs = this.#options.clock.wordsOffsetMs(atMs);
    const refusal = this.#with(attendee, 'transcript', (track, { words }) => {
      const taken = words.take(message, offsetMs);
      for (const { segment } of taken ?? []) this.#refused(track.takeWords(segment));
      return taken === null ? 'unreadable-result' : null;
    });
    this.#refused(refusal);
  }

  /** The attendee's camera is off until {@link cameraOn}. Late pictures and placeholders are dropped. */
  cameraOff(attendeeId: string): void {
    const present = this.#present.get(attendeeId);
    if (present === undefined) return;
    present.isCameraOff = true;
    this.pauseCamera(attendeeId);
  }

  /** The attendee's next picture opens the video track again. */
  cameraOn(attendeeId: string): void {
    const present = this.#present.get(attendeeId);
    if (present !== undefined) present.isCameraOff = false;
  }

  /** No more pictures follow for now. The next one opens the video track again. */
  pauseCamera(attendeeId: string): void {
    this.#end(attendeeId, 'video');
  }

  /** Forgets which cameras are off, because the connection that reported it was lost. */
  forgetCameras(): void {
    for (const [id, present] of this.#present) {
      present.isCameraOff = false;
      this.pauseCamera(id);
    }
  }

  /** The attendee left the meeting, and may come back. */
  left(attendeeId: string): void {
    for (const media of ['audio', 'video', 'transcript'] as const) this.#end(attendeeId, media);
    this.#present.delete(attendeeId);
  }

  #end(attendeeId: string, media: Media): void {
    const tracks = this.#present.get(attendeeId)?.tracks;
    tracks?.get(media)?.end();
    tracks?.delete(media);
  }

  /** Opens the track when its first media arrives. An empty track would make the pipeline wait. */
  #with(
    attendee: Attendee,
    media: Media,
    take: (track: IngestTrack, present: Presence) => ReturnType<IngestTrack['refuse']>,
  ): ReturnType<IngestTrack['refuse']> {
    const { part, roles, readWords } = this.#options;
    const known = this.#present.get(attendee.id);
    const track = known?.tracks.get(media) ?? part.addTrack({ media, participant: toParticipant(attendee, roles) });
    if (typeof track === 'string') return track;
    const present = known ?? {
      tracks: new Map(),
      words: new TranscriptSource(readWords, track.trackId),
      isCameraOff: false,
    };
    present.tracks.set(media, track);
    this.#present.set(attendee.id, present);
    return take(track, present);
  }

  #refused(code: ReturnType<IngestTrack['refuse']>): void {
    if (code !== null) this.#options.meter.refused(code);
  }
}
