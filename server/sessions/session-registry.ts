import { randomUUID } from 'node:crypto';
import type { SessionEndReason } from '../../client-sdk/protocol/index.ts';
import { type Grant, grantOfEverything, grantOfNothing } from '../access/grant.ts';
import { JointLog } from '../event-log/joint-log.ts';
import { leaveGuard } from '../peer-guard.ts';
import { ServiceError, type ServiceErrorCode } from '../service-error.ts';
import { EndedSessions } from './ended-sessions.ts';
import type { ResumedSession } from './resumed-session.ts';
import { type CallSessionOptions, Session } from './session.ts';
import { newTraceparent } from './traceparent.ts';

/** What a publisher may request for the session that it opens. */
export interface SessionRequest {
  /** Default: the registry chooses an id. */
  readonly sessionId?: string | undefined;
  readonly title?: string | undefined;
  /** W3C trace context. Default: a new one. */
  readonly traceparent?: string | undefined;
}

/** What analyzes a session, and where its media waits. */
export type SessionPlace = Pick<CallSessionOptions, 'analyze' | 'turns'>;

/** Why there is no room for another session. */
export type SessionRefusal = Extract<ServiceErrorCode, 'session-limit' | 'memory-limit' | 'server-late'>;

export interface SessionRegistryOptions {
  readonly maxLive: number;
  /** Ended sessions that stay readable. See {@link EndedSessions}. */
  readonly maxEnded: number;
  /** Whether the calls in progress need all of the server's time. Then nobody but the server itself opens a session. */
  readonly isFull?: () => boolean;
  /** Chooses where the next session is analyzed. */
  readonly place: () => SessionPlace;
  /** Options that all sessions share. */
  readonly session: Omit<
    CallSessionOptions,
    'sessionId' | 'opener' | 'title' | 'traceparent' | 'resumed' | keyof SessionPlace
  >;
  readonly onOpened?: (session: Session) => void;
  /** Called when no session is opened because there is no room for it. */
  readonly onRefused?: (reason: SessionRefusal) => void;
  readonly onEnded?: (session: Session, reason: SessionEndReason) => void;
}

/** Opens sessions within the server itself, such as the sample call. */
const SERVER_ITSELF = grantOfEverything('server');

/** All sessions of a server: live ones, and some that have ended. Both numbers are limited. */
export class SessionRegistry {
  /** The events of all sessions, in the order in which readers may see them. */
  readonly events = new JointLog({ find: (sessionId) => this.get(sessionId)?.events });
  readonly #options: SessionRegistryOptions;
  readonly #live = new Map<string, Session>();
  readonly #ended: EndedSessions;
  /** Called once a session with this id is opened. */
  readonly #awaited = new Map<string, Set<(session: Session) => void>>();
  #closed = false;

  constructor(options: SessionRegistryOptions) {
    this.#options = options;
    this.#ended = new EndedSessions(options.maxEnded);
  }

  get liveCount(): number {
    return this.#live.size;
  }

  get endedCount(): number {
    return this.#ended.size;
  }

  /**
   * @param opener - who opens the session. Default: the server itself.
   * @throws ServiceError `session-limit`, `memory-limit`, `server-late`, `session-exists`, `shutting-down`.
   */
  open(request: SessionRequest = {}, opener: Grant = SERVER_ITSELF): Session {
    const { session: shared, place } = this.#options;
    if (this.#closed) throw ServiceError.shuttingDown();
    const sessionId = request.sessionId ?? randomUUID();
    if (this.get(sessionId) !== undefined) throw ServiceError.sessionExists(sessionId);
    const refusal = this.#refusal(opener);
    if (refusal !== null) throw refusal;
    const session = new Session({
      ...shared,
      ...place(),
      sessionId,
      opener,
      title: request.title ?? null,
      traceparent: request.traceparent ?? newTraceparent(),
    });
    this.#admit(session);
    return session;
  }

  /** Why no further session can be opened now, as text for whoever asked for one. Null if one can. */
  refusal(): string | null {
    return this.#closed ? ServiceError.shuttingDown().message : (this.#refusal(null)?.message ?? null);
  }

  /** Continues a session that the end of the server before has interrupted. It waits `graceMs` for its publishers. */
  resume(resumed: ResumedSession, graceMs: number): Session {
    const { session: shared, place } = this.#options;
    const { sessionId, opener: holder, title, traceparent } = resumed.run;
    const session = new Session({
      ...shared,
      ...place(),
      sessionId,
      // What the opener may do is checked again when it comes back.
      opener: grantOfNothing(holder),
      title,
      traceparent,
      resumed: { ...resumed, graceMs },
    });
    this.#admit(session);
    return session;
  }

  /** The session with this id, live or ended. Undefined when there is none. */
  get(sessionId: string): Session | undefined {
    return this.#live.get(sessionId) ?? this.#ended.get(sessionId);
  }

  /** Deletes an ended session. False if there is none with this id. */
  forget(sessionId: string): boolean {
    return this.#ended.delete(sessionId);
  }

  /** Calls `listener` with the next session of this id that is opened. Returns the function that stops waiting. */
  whenOpened(sessionId: string, listener: (session: Session) => void): () => void {
    const listeners = this.#awaited.get(sessionId) ?? new Set();
    this.#awaited.set(sessionId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#awaited.get(sessionId) === listeners) this.#awaited.delete(sessionId);
    };
  }

  /** Live sessions first, then ended ones. Each group newest first. */
  list(): Session[] {
    return [...[...this.#live.values()].reverse(), ...this.#ended.values().reverse()];
  }

  /**
   * Stops opening sessions. Those whose sources come back are handed over to the server that starts next, or ended if that is
   * not possible. Others may go on for `graceMs`. Resolves when only {@link close} is left to do.
   */
  async drain(graceMs: number): Promise<void> {
    this.#closed = true;
    const staying = [...this.#live.values()].filter((session) => !leaves(session));
    if (staying.length > 0 && graceMs > 0) await this.#finished(staying, graceMs);
  }

  /**
   * Stops opening sessions and ends every live one. Open utterances have `graceMs` to finish. After that, sessions are
   * aborted.
   */
  async close(reason: SessionEndReason, graceMs: number): Promise<void> {
    this.#closed = true;
    const live = [...this.#live.values()];
    for (const session of live) session.end(reason);
    if (live.length > 0) await this.#finished(live, graceMs);
    for (const session of live) session.abort(reason);
    this.events.close();
  }

  /** Resolves once these sessions have ended, or after `graceMs`. */
  async #finished(sessions: readonly Session[], graceMs: number): Promise<void> {
    const timeUp = Promise.withResolvers<void>();
    const timer = this.#options.session.clock.scheduler.schedule(() => timeUp.resolve(), graceMs);
    await Promise.race([Promise.all(sessions.map((session) => session.finished)), timeUp.promise]);
    timer.unsubscribe();
  }

  #refusal(opener: Grant | null): ServiceError | null {
    const { maxLive, isFull, session, onRefused } = this.#options;
    const refused = (reason: SessionRefusal, error: ServiceError): ServiceError => {
      onRefused?.(reason);
      return error;
    };
    if (this.#live.size >= maxLive) return refused('session-limit', ServiceError.sessionLimit(maxLive));
    if (opener !== SERVER_ITSELF && isFull?.() === true) return refused('server-late', ServiceError.tooLate());
    if (session.budget?.isRefusing !== true) return null;
    session.budget.refusedSession();
    return refused('memory-limit', ServiceError.memoryLimit());
  }

  #admit(session: Session): void {
    this.#live.set(session.id, session);
    this.#options.onOpened?.(session);
    this.events.follow(session.id, session.events);
    void session.finished.then((reason) => this.#retire(session, reason));
    const awaited = this.#awaited.get(session.id);
    this.#awaited.delete(session.id);
    // What listeners do is no fault of the publisher that opens the session.
    for (const listener of awaited ?? []) leaveGuard(listener, session);
  }

  #retire(session: Session, reason: SessionEndReason): void {
    this.#live.delete(session.id);
    this.#ended.add(session);
    this.#options.onEnded?.(session, reason);
  }
}

/** Makes a session's sources go elsewhere. False if they cannot. */
function leaves(session: Session): boolean {
  if (session.mayBeHandedOver) session.handOver();
  else if (session.sourcesComeBack) session.end('shutdown');
  return session.ending;
}
