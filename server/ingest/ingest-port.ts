import { ServiceError } from '../service-error.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionRegistry, SessionRequest } from '../sessions/session-registry.ts';
import { CallPart, type IngestLimits } from './call-part.ts';
import type { SourceTimeOptions } from './source-time.ts';

export interface IngestPortOptions extends IngestLimits {
  readonly sessions: SessionRegistry;
}

/** The one way into the pipeline: whatever protocol a call comes by, it joins a session here and brings its tracks. */
export class IngestPort {
  readonly #sessions: SessionRegistry;
  readonly #limits: IngestLimits;
  readonly #times = new WeakMap<Session, SourceTimeOptions['shared']>();

  constructor({ sessions, ...limits }: IngestPortOptions) {
    this.#sessions = sessions;
    this.#limits = limits;
  }

  /**
   * Opens a session, or joins the live one of this id.
   *
   * @throws ServiceError `session-exists` when the session of this id has ended; `session-limit`, `shutting-down`.
   */
  join(request: SessionRequest): CallPart {
    const known = request.sessionId === undefined ? undefined : this.#sessions.get(request.sessionId);
    if (known?.ending === true) throw ServiceError.sessionExists(known.id);
    const session = known ?? this.#sessions.open(request);
    const time = this.#times.get(session) ?? { shiftMs: null };
    this.#times.set(session, time);
    return new CallPart(session, known === undefined, this.#limits, time);
  }

  /**
   * Joins the session of the first id that is not over; one with an id of its own where all are.
   *
   * @throws ServiceError `session-limit`, `shutting-down`.
   */
  joinFirst(sessionIds: readonly string[], request: Omit<SessionRequest, 'sessionId'> = {}): CallPart {
    const sessionId = sessionIds.find((id) => this.#sessions.get(id)?.ending !== true);
    return this.join({ ...request, sessionId });
  }
}
