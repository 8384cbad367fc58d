import { ServiceError } from '../service-error.ts';
import type { SessionRegistry, SessionRequest } from '../sessions/session-registry.ts';
import { CallPart, type IngestLimits } from './call-part.ts';

export interface IngestPortOptions extends IngestLimits {
  readonly sessions: SessionRegistry;
}

/** The one way into the pipeline: whatever protocol a call comes by, it joins a session here and brings its tracks. */
export class IngestPort {
  readonly #sessions: SessionRegistry;
  readonly #limits: IngestLimits;

  constructor({ sessions, jitterMs, maxLeadMs }: IngestPortOptions) {
    this.#sessions = sessions;
    this.#limits = { jitterMs, maxLeadMs };
  }

  /**
   * Opens a session, or joins the live one of this id.
   *
   * @throws ServiceError `session-exists` when the session of this id has ended; `session-limit`, `shutting-down`.
   */
  join(request: SessionRequest): CallPart {
    const known = request.sessionId === undefined ? undefined : this.#sessions.get(request.sessionId);
    if (known?.ending === true) throw ServiceError.sessionExists(known.id);
    return new CallPart(known ?? this.#sessions.open(request), known === undefined, this.#limits);
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
