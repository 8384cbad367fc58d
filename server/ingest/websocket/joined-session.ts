import type {
  MediaPacket,
  ParticipantInfo,
  RefusalCode,
  TrackAdd,
  TranscriptMessage,
} from '../../../client-sdk/protocol/index.ts';
import type { MediaFrame } from '../../../pipeline/index.ts';
import type { Session } from '../../sessions/session.ts';
import { TrackIntake } from './track-intake.ts';

export interface JoinedSessionOptions {
  /** How far a packet may lie behind the newest one of its track, in ms of media time. */
  readonly jitterMs: number;
  /** How far media time may run ahead of the wall clock since the session opened, in ms. */
  readonly maxLeadMs: number;
}

/** One publisher's part in a session: its tracks. Every method returns why something was dropped, null when it was not. */
export class JoinedSession {
  readonly session: Session;
  readonly #options: JoinedSessionOptions;
  readonly #publisherNumber: number;
  readonly #tracks = new Map<number, TrackIntake>();

  constructor(session: Session, options: JoinedSessionOptions) {
    this.session = session;
    this.#options = options;
    this.#publisherNumber = session.attach();
  }

  addTrack({ track, participant, media }: TrackAdd): RefusalCode | null {
    const { session } = this;
    const refusal = this.#tracks.has(track) ? 'duplicate-track' : session.refuseTrack(participant.id, media.kind);
    if (refusal !== null) return refusal;
    const trackId = `${this.#publisherNumber}-${track}`;
    this.#tracks.set(track, new TrackIntake(trackId, media, this.#options.jitterMs));
    session.push({
      kind: 'track',
      trackId,
      startMs: session.newestFrameMs,
      media: media.kind,
      participant: session.participant(toParticipant(participant)),
    });
    return null;
  }

  endTrack(number: number): RefusalCode | null {
    const track = this.#tracks.get(number);
    if (track === undefined) return 'unknown-track';
    this.#tracks.delete(number);
    this.session.push({ kind: 'bound', trackId: track.trackId, startMs: Number.POSITIVE_INFINITY });
    return null;
  }

  takePacket(packet: MediaPacket): RefusalCode | null {
    return this.#push(this.#tracks.get(packet.track)?.takePacket(packet, this.#horizonMs()) ?? 'unknown-track');
  }

  takeTranscript(message: TranscriptMessage): RefusalCode | null {
    return this.#push(this.#tracks.get(message.track)?.takeTranscript(message, this.#horizonMs()) ?? 'unknown-track');
  }

  /** Ends the publisher's tracks, so that what was said on them is finished now, and lets go of the session. */
  leave(reason: 'idle' | 'disconnected'): void {
    for (const number of [...this.#tracks.keys()]) this.endTrack(number);
    this.session.detach(reason);
  }

  #push(taken: MediaFrame | RefusalCode): RefusalCode | null {
    if (typeof taken === 'string') return taken;
    this.session.push(taken);
    return null;
  }

  /** The latest media time that a live call can have reached. */
  #horizonMs(): number {
    return this.session.elapsedMs + this.#options.maxLeadMs;
  }
}

function toParticipant({ id, role, displayName }: ParticipantInfo) {
  return { id, role: role ?? 'unknown', displayName: displayName ?? null };
}
