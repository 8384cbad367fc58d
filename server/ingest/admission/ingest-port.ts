import { randomUUID } from 'node:crypto';
import { allows, type Grant, isService } from '../../access/grant.ts';
import type { Platform } from '../../access/platform.ts';
import { ServiceError } from '../../service-error.ts';
import type { Session } from '../../sessions/session.ts';
import type { SessionRegistry, SessionRequest } from '../../sessions/session-registry.ts';
import type { SourceTimeOptions } from '../tracks/source-time.ts';
import { CallPart, type IngestLimits } from './call-part.ts';
import type { HolderQuotas, HolderTraffic } from './holder-quotas.ts';
import { platformOf, platformSessionId } from './platform-ids.ts';

export interface IngestPortOptions extends IngestLimits {
  readonly sessions: SessionRegistry;
  readonly quotas: HolderQuotas;
}

/** A platform's call, by the ids that the platform gave it. */
export interface PlatformCall extends Omit<SessionRequest, 'sessionId'> {
  readonly platform: Platform;
  /** First choice first; what makes no session id is left out. */
  readonly ids: readonly string[];
}

/**
 * The one way into the pipeline: whatever protocol a call comes by, it joins a session here and brings its tracks. What a
 * source may do is its grant's; it is checked here and in {@link CallPart}, where it takes effect.
 */
export class IngestPort {
  readonly #sessions: SessionRegistry;
  readonly #quotas: HolderQuotas;
  readonly #limits: IngestLimits;
  readonly #times = new WeakMap<Session, SourceTimeOptions['shared']>();

  constructor({ sessions, quotas, ...limits }: IngestPortOptions) {
    this.#sessions = sessions;
    this.#quotas = quotas;
    this.#limits = limits;
  }

  /** What the publishers of a holder send together; null where each has its own limits only. */
  trafficOf(grant: Grant): HolderTraffic | null {
    return this.#quotas.trafficOf(grant);
  }

  /**
   * Opens a session, or joins the live one of this id. A live session that another holder opened is joined only with a
   * grant that names it, or with `participant:any`.
   *
   * @throws ServiceError `session-exists` when the session of this id has ended; `session-held`, `session-reserved`,
   *   `not-granted`, `session-limit`, `shutting-down`, and the quotas'.
   */
  join(request: SessionRequest, grant: Grant): CallPart {
    return this.#join(request, grant, null);
  }

  /**
   * Joins the session of a platform's call: that of the first id that is not over, in the platform's name space; one with
   * an id of its own where all are. A grant that names a session is its operator's choice: the call joins that one. A
   * publisher's own token must name one, so that it takes no id from the platform's calls.
   *
   * @throws ServiceError as {@link join}.
   */
  joinCall({ platform, ids, ...request }: PlatformCall, grant: Grant): CallPart {
    if (grant.session !== undefined) return this.#join({ ...request, sessionId: grant.session }, grant, platform);
    if (!isService(grant)) throw ServiceError.notGranted('The access token must name the session.');
    const sessionIds = ids.flatMap((id) => platformSessionId(platform, id) ?? []);
    const sessionId = sessionIds.find((id) => this.#sessions.get(id)?.ending !== true) ?? `${platform}-${randomUUID()}`;
    return this.#join({ ...request, sessionId }, grant, platform);
  }

  #join(request: SessionRequest, grant: Grant, platform: Platform | null): CallPart {
    if (!allows(grant, 'publish')) throw ServiceError.notGranted('The access token does not let you publish.');
    const sessionId = request.sessionId ?? grant.session;
    if (grant.session !== undefined && sessionId !== grant.session) {
      throw ServiceError.notGranted('The access token is for another session.');
    }
    const known = sessionId === undefined ? undefined : this.#sessions.get(sessionId);
    if (known?.ending === true) throw ServiceError.sessionExists(known.id);
    if (known !== undefined && !mayJoin(grant, known)) throw ServiceError.sessionHeld();
    const onLeft = this.#quotas.addPublisher(grant);
    try {
      const session = known ?? this.#open({ ...request, sessionId }, grant, platform);
      const isFirst = known === undefined;
      const clockShift = this.#times.get(session) ?? { shiftMs: null };
      this.#times.set(session, clockShift);
      const quotas = this.#quotas;
      return new CallPart({ session, isFirst, limits: this.#limits, grant, quotas, clockShift, onLeft });
    } catch (error) {
      onLeft();
      throw error;
    }
  }

  #open(request: SessionRequest, grant: Grant, platform: Platform | null): Session {
    const reserved = request.sessionId === undefined ? null : platformOf(request.sessionId);
    if (reserved !== null && reserved !== platform) throw ServiceError.sessionReserved(reserved);
    const onEnded = this.#quotas.openSession(grant);
    try {
      const session = this.#sessions.open(request, grant);
      void session.finished.then(onEnded);
      return session;
    } catch (error) {
      onEnded();
      throw error;
    }
  }
}

/** A session that somebody else opened is for those whose grant names it, and for those who may touch anyone's part. */
function mayJoin(grant: Grant, { id, opener }: Session): boolean {
  return opener === grant.holder || grant.session === id || allows(grant, 'participant:any');
}
