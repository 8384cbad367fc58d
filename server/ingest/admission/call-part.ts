import type { Participant, RefusalCode, SessionEndReason } from '../../../client-sdk/protocol/index.ts';
import type { MediaFrame, TrackOpened } from '../../../pipeline/index.ts';
import type { Grant } from '../../access/grant.ts';
import { leaveGuard } from '../../peer-guard.ts';
import type { Session, SessionPart } from '../../sessions/session.ts';
import { IngestTrack } from '../tracks/ingest-track.ts';
import { SourceTime, type SourceTimeOptions } from '../tracks/source-time.ts';
import type { HolderQuotas } from './holder-quotas.ts';

export interface IngestLimits {
  /** How far a frame may lie behind the newest one of its track, in ms of media time. */
  readonly jitterMs: number;
  /** How far media time may run ahead of the wall clock since the session opened, in ms. */
  readonly maxLeadMs: number;
  /** Whether the server is too far behind to take anything from this session. Default: never. */
  readonly isBehind?: (session: Session) => boolean;
}

/** What a source announces before it sends media. */
export interface NewTrack {
  readonly media: TrackOpened['media'];
  /** Who is heard or seen, as the source says; the session knows it as it was first told: see {@link CallPart.claim}. */
  readonly participant: Participant;
}

export interface CallPartOptions {
  readonly session: Session;
  /** Whether the session was opened for this part. */
  readonly isFirst: boolean;
  readonly limits: IngestLimits;
  readonly grant: Grant;
  readonly quotas: HolderQuotas;
  readonly clockShift: SourceTimeOptions['shared'];
  /** Told once, when the part has left. */
  readonly onLeft: () => void;
}

/**
 * One source's part in a call: the tracks that it brings. The session lives while a part stays in it. Made by
 * {@link IngestPort}. What its grant does not allow is refused here, whatever way the source came in by.
 */
export class CallPart implements SessionPart {
  readonly session: Session;
  /** Whether the session was opened for this part. */
  readonly isFirst: boolean;
  readonly grant: Grant;
  /**
   * Media time at which a source that counts from its own start has its zero, in ms: 0 for the one that opened the
   * session, the session's age for one that joined later. A source that knows the session's media time needs none.
   */
  readonly originMs: number;
  /** For a source that tells its own times, whose clock may not begin where the session's does. */
  readonly time: SourceTime;
  readonly #options: CallPartOptions;
  readonly #number: number;
  /** With the participant of each. */
  readonly #openTracks = new Map<IngestTrack, string>();
  /** The session is shared: what fails in it later is not this source's fault. */
  readonly #push = (frame: MediaFrame): void => leaveGuard(this.#pushFrame, frame);
  readonly #pushFrame = (frame: MediaFrame): void => this.session.push(frame);
  #trackCount = 0;
  #left = false;

  constructor(options: CallPartOptions) {
    const { session, isFirst, grant, limits, clockShift: shared } = options;
    this.session = session;
    this.isFirst = isFirst;
    this.grant = grant;
    this.originMs = isFirst ? 0 : Math.max(session.elapsedMs, session.newestFrameMs);
    this.time = new SourceTime({ elapsedMs: () => session.elapsedMs, maxLeadMs: limits.maxLeadMs, shared });
    this.#options = options;
    this.#number = session.attach(this);
  }

  /**
   * The participant as the session knows it, or why this source may not bring it. It belongs to the holder that brought
   * it first.
   *
   * @throws ServiceError `not-granted` when the grant is for another participant.
   */
  claim(candidate: Participant): Participant | RefusalCode {
    const { session, grant, quotas } = this.#options;
    const claimed = session.claim(candidate, grant, quotas.participantsOf(grant));
    if (claimed === 'too-many-participants') quotas.refusedParticipant();
    return typeof claimed === 'string' ? claimed : claimed.participant;
  }

  /**
   * The track, or why there can be none. A participant has at most one open track of each kind in a session.
   *
   * @throws ServiceError `not-granted` when the grant is for another participant.
   */
  addTrack({ media, participant: candidate }: NewTrack): IngestTrack | RefusalCode {
    const { session } = this;
    if (this.#left) return 'unknown-track';
    const participant = this.claim(candidate);
    if (typeof participant === 'string') return participant;
    const refusal = session.refuseTrack(participant.id, media);
    if (refusal !== null) return refusal;
    const { jitterMs, maxLeadMs, isBehind } = this.#options.limits;
    this.#trackCount += 1;
    const track = new IngestTrack({
      trackId: `${this.#number}-${this.#trackCount}`,
      media,
      jitterMs,
      horizonMs: () => session.elapsedMs + maxLeadMs,
      ...(isBehind !== undefined && { isBehind: () => isBehind(session) }),
      push: this.#push,
      onRefused: (reason, mediaTimeMs, cause) =>
        session.refused({ reason, participantId: participant.id, trackId: track.trackId, mediaTimeMs, cause }),
      onEnd: () => this.#openTracks.delete(track),
    });
    this.#openTracks.set(track, participant.id);
    this.#push({ kind: 'track', trackId: track.trackId, startMs: session.newestFrameMs, media, participant });
    return track;
  }

  /** Ends the tracks of a participant that belongs to another holder now. */
  release(participantId: string): void {
    for (const [track, id] of [...this.#openTracks]) if (id === participantId) track.end();
  }

  /**
   * The source says that the call is over: open utterances are finished, then the session ends. Where the source may not
   * end it for the others who are in it, it leaves.
   *
   * @returns whether the session ends.
   */
  end(reason: SessionEndReason = 'completed'): boolean {
    if (this.session.mayEnd(this.grant)) leaveGuard((why) => this.session.end(why), reason);
    else this.leave(reason);
    return this.session.ending;
  }

  /** Ends the part's tracks, so that what was said on them is finished now, and lets go of the session. */
  leave(reason: SessionEndReason = 'disconnected'): void {
    if (this.#left) return;
    this.#left = true;
    for (const track of [...this.#openTracks.keys()]) track.end();
    leaveGuard((why) => this.session.detach(this, why), reason);
    this.#options.onLeft();
  }
}
