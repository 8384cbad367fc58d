import type { Participant, RefusalCode, SessionEndReason } from '../../client-sdk/protocol/index.ts';
import type { TrackOpened } from '../../pipeline/index.ts';
import type { Session } from '../sessions/session.ts';
import { IngestTrack } from './ingest-track.ts';
import { SourceTime, type SourceTimeOptions } from './source-time.ts';

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
  /** Who is heard or seen. Role and name of a participant do not change during a session: the first ones stand. */
  readonly participant: Participant;
}

/**
 * One source's part in a call: the tracks that it brings. The session lives while a part stays in it. Made by
 * {@link IngestPort}.
 */
export class CallPart {
  readonly session: Session;
  /**
   * Media time at which a source that counts from its own start has its zero, in ms: 0 for the one that opened the
   * session, the session's age for one that joined later. A source that knows the session's media time needs none.
   */
  readonly originMs: number;
  /** For a source that tells its own times, whose clock may not begin where the session's does. */
  readonly time: SourceTime;
  readonly #limits: IngestLimits;
  readonly #number: number;
  readonly #openTracks = new Set<IngestTrack>();
  #trackCount = 0;
  #left = false;

  constructor(session: Session, isFirst: boolean, limits: IngestLimits, shared: SourceTimeOptions['shared']) {
    this.session = session;
    this.originMs = isFirst ? 0 : Math.max(session.elapsedMs, session.newestFrameMs);
    this.#limits = limits;
    this.time = new SourceTime({ elapsedMs: () => session.elapsedMs, maxLeadMs: limits.maxLeadMs, shared });
    this.#number = session.attach();
  }

  /** The track, or why there can be none. A participant has at most one open track of each kind in a session. */
  addTrack({ media, participant }: NewTrack): IngestTrack | RefusalCode {
    const { session } = this;
    const refusal = this.#left ? 'unknown-track' : session.refuseTrack(participant.id, media);
    if (refusal !== null) return refusal;
    const { jitterMs, maxLeadMs, isBehind } = this.#limits;
    this.#trackCount += 1;
    const track = new IngestTrack({
      trackId: `${this.#number}-${this.#trackCount}`,
      media,
      jitterMs,
      horizonMs: () => session.elapsedMs + maxLeadMs,
      ...(isBehind !== undefined && { isBehind: () => isBehind(session) }),
      push: (frame) => session.push(frame),
      onEnd: () => this.#openTracks.delete(track),
    });
    this.#openTracks.add(track);
    session.push({
      kind: 'track',
      trackId: track.trackId,
      startMs: session.newestFrameMs,
      media,
      participant: session.participant(participant),
    });
    return track;
  }

  /** The call is over for everyone: open utterances are finished, then the session ends. */
  end(reason: SessionEndReason = 'completed'): void {
    this.session.end(reason);
  }

  /** Ends the part's tracks, so that what was said on them is finished now, and lets go of the session. */
  leave(reason: SessionEndReason = 'disconnected'): void {
    if (this.#left) return;
    this.#left = true;
    for (const track of [...this.#openTracks]) track.end();
    this.session.detach(reason);
  }
}
