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
  /** Ids in order of preference. Ids that give no valid session id are skipped. */
  readonly ids: readonly string[];
}

/**
 * The only entrance to the pipeline. A call of any protocol joins a session here and adds its tracks. The grant says
 * what a source may do. It is checked here and in {@link CallPart}.
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

  /** Traffic of all publishers of a holder. Null if each has only its own limits. */
  trafficOf(grant: Grant): HolderTraffic | null {
    return this.#quotas.trafficOf(grant);
  }

  /**
   * Opens a session, or joins the live one with this id. Joining a live session that another holder opened needs a
   * grant that names it, or `participant:any`.
   *
   * @throws ServiceError `session-exists` if the session with this id has ended; `session-held`, `session-reserved`,
   * `not-granted`, `session-limit`, `shutting-down`, and those of the quotas.
   */
  join(request: SessionRequest, grant: Grant): CallPart {
    return this.#join(request, grant, null);
  }

  /**
   * Joins the session of a platform's call, in the platform's name space: the first id whose session has not ended. If
   * all have ended, the session gets a new id. If the grant names a session, the call joins that one, as its operator
   * chose. A publisher's own token must name a session, so that it takes no id of the platform's calls.
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

  /** Why a platform's call cannot open a session now, as text for the platform. Null if it can, or if it joins a live one. */
  refusalOf({ platform, ids }: Pick<PlatformCall, 'platform' | 'ids'>): string | null {
    const known = ids.flatMap((id) => this.#sessions.get(platformSessionId(platform, id) ?? '') ?? []);
    return known.some(({ ending }) => !ending) ? null : this.#sessions.refusal();
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
      // A platform's stream belongs to its connection. Publishers connect again.
      const comesBack = platform === null;
      return new CallPart({ session, isFirst, limits: this.#limits, grant, quotas, clockShift, comesBack, onLeft });
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

/** Allowed to join a session that another holder opened: grants that name it, and grants for any participant. */
function mayJoin(grant: Grant, { id, opener }: Session): boolean {
  return opener === grant.holder || grant.session === id || allows(grant, 'participant:any');
}
