import type { Participant, RefusalCode, SessionEndReason } from '../../../client-sdk/protocol/index.ts';
import type { MediaFrame, TrackOpened } from '../../../pipeline/index.ts';
import type { Grant } from '../../access/grant.ts';
import { leaveGuard } from '../../peer-guard.ts';
import type { Session, SessionPart } from '../../sessions/session.ts';
import { IngestTrack } from '../tracks/ingest-track.ts';
import { clockJumped } from '../tracks/source-notices.ts';
import { SourceTime, type SourceTimeOptions } from '../tracks/source-time.ts';
import type { HolderQuotas } from './holder-quotas.ts';

export interface IngestLimits {
  /** How far a frame may lie behind its track's newest frame, in ms of media time. */
  readonly jitterMs: number;
  /** How far media time may run ahead of the wall clock since the session opened, in ms. */
  readonly maxLeadMs: number;
  /** Whether the server is too far behind to accept media for this session. Default: never. */
  readonly isBehind?: (session: Session) => boolean;
}

/** What a source announces before it sends media. */
export interface NewTrack {
  readonly media: TrackOpened['media'];
  /**
   * Who is heard or seen, according to the source. The session keeps its first description: see {@link CallPart.claim}.
   */
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
  /** See {@link SessionPart.comesBack}. */
  readonly comesBack: boolean;
  /** Called once when the part has left. */
  readonly onLeft: () => void;
}

/**
 * One source's part in a call, with its tracks. The session lives as long as it has a part. Made by {@link IngestPort}.
 * Refuses what the source's grant does not allow, for every adapter.
 */
export class CallPart implements SessionPart {
  readonly session: Session;
  /** Whether the session was opened for this part. */
  readonly isFirst: boolean;
  readonly grant: Grant;
  readonly comesBack: boolean;
  /**
   * Media time of the zero of a source that counts from its own start, in ms. It is 0 for the source that opened the
   * session, and the session's age for one that joined later. A source that knows the session's media time does not
   * need it.
   */
  readonly originMs: number;
  /** Maps the times of a source whose clock may not begin where the session's does. */
  readonly time: SourceTime;
  readonly #options: CallPartOptions;
  readonly #number: number;
  /** Open tracks with their participant's id. */
  readonly #openTracks = new Map<IngestTrack, string>();
  /** The session is shared, so a later failure in it is not this source's fault. */
  readonly #push = (frame: MediaFrame): void => leaveGuard(this.#pushFrame, frame);
  readonly #pushFrame = (frame: MediaFrame): void => this.session.push(frame);
  #trackCount = 0;
  #left = false;

  constructor(options: CallPartOptions) {
    const { session, isFirst, grant, limits, clockShift: shared } = options;
    this.session = session;
    this.isFirst = isFirst;
    this.grant = grant;
    this.comesBack = options.comesBack;
    this.originMs = isFirst ? 0 : Math.max(session.elapsedMs, session.newestFrameMs);
    this.time = new SourceTime({
      elapsedMs: () => session.elapsedMs,
      maxLeadMs: limits.maxLeadMs,
      shared,
      onJump: (byMs) => session.notice(clockJumped(byMs)),
    });
    this.#options = options;
    this.#number = session.attach(this);
  }

  /**
   * The participant as the session knows it, or why this source may not bring it. A participant belongs to the holder
   * that brought it first.
   *
   * @throws ServiceError `not-granted` if the grant is for another participant.
   */
  claim(candidate: Participant): Participant | RefusalCode {
    const { session, grant, quotas } = this.#options;
    const claimed = session.claim(candidate, grant, quotas.participantsOf(grant));
    if (claimed === 'too-many-participants') quotas.refusedParticipant();
    if (typeof claimed === 'string') return this.#refuse(claimed, candidate.id);
    return claimed.participant;
  }

  /**
   * Opens a track, or returns why it cannot. A participant has at most one open track of each kind in a session.
   *
   * @throws ServiceError `not-granted` if the grant is for another participant.
   */
  addTrack({ media, participant: candidate }: NewTrack): IngestTrack | RefusalCode {
    const { session } = this;
    if (this.#left) return this.#refuse('unknown-track', candidate.id);
    const participant = this.claim(candidate);
    if (typeof participant === 'string') return participant;
    const refusal = session.refuseTrack(participant.id, media);
    if (refusal !== null) return this.#refuse(refusal, participant.id);
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
      onNotice: (notice) => session.notice({ ...notice, participantId: participant.id }),
      onEnd: () => this.#openTracks.delete(track),
    });
    this.#openTracks.set(track, participant.id);
    this.#push({ kind: 'track', trackId: track.trackId, startMs: session.newestFrameMs, media, participant });
    return track;
  }

  /** Reports a refusal to the session. The way in counts it. */
  #refuse(reason: RefusalCode, participantId: string): RefusalCode {
    this.session.refused({ reason, participantId });
    return reason;
  }

  /** Ends the tracks of a participant that now belongs to another holder. */
  release(participantId: string): void {
    for (const [track, id] of [...this.#openTracks]) if (id === participantId) track.end();
  }

  /**
   * The source reports the end of the call: open utterances are finished, then the session ends. A source that may not
   * end the session for the others leaves it.
   *
   * @returns whether the session ends.
   */
  end(reason: SessionEndReason = 'completed'): boolean {
    if (this.session.mayEnd(this.grant)) leaveGuard((why) => this.session.end(why), reason);
    else this.leave(reason);
    return this.session.ending;
  }

  /** Ends the part's tracks, so that their open utterances are finished now, and leaves the session. */
  leave(reason: SessionEndReason = 'disconnected'): void {
    if (this.#left) return;
    this.#left = true;
    for (const track of [...this.#openTracks.keys()]) track.end();
    leaveGuard((why) => this.session.detach(this, why), reason);
    this.#options.onLeft();
  }
}
