import {
  ALL_SESSIONS,
  formatPosition,
  type SessionList,
  type SessionSummary,
} from '../../client-sdk/protocol/index.ts';
import { covers, type Grant } from '../access/grant.ts';
import type { HistoryStore, RunRecord, SessionQuery } from '../history/history-store.ts';
import type { ServerHistory } from '../history/server-history.ts';
import { summarizeRun } from '../history/session-summary.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionRegistry } from '../sessions/session-registry.ts';

export interface SessionReadsOptions {
  readonly sessions: SessionRegistry;
  readonly history: ServerHistory;
  /** Ended sessions in a list without conditions. */
  readonly maxEnded: number;
}

/** Finds sessions in memory and in the history, as far as a grant covers them. */
export class SessionReads {
  readonly #options: SessionReadsOptions;

  constructor(options: SessionReadsOptions) {
    this.#options = options;
  }

  /** The history, to read from. Null while there is none. */
  get store(): HistoryStore | null {
    return this.#options.history.readable;
  }

  /** Live sessions, then the newest ended ones. Each group newest first. */
  async list(grant: Grant): Promise<SessionList> {
    const { sessions, maxEnded } = this.#options;
    const { epoch: ofAll, lastSequence: sequence } = sessions.events;
    const position = covers(grant, ALL_SESSIONS) ? formatPosition({ epoch: ofAll, sequence }) : null;
    const held = sessions.list().filter(({ id }) => covers(grant, id));
    const live = held.filter(({ state }) => state === 'live').map((session) => session.summary());
    const ended = held.filter(({ state }) => state === 'ended').map((session) => session.summary());
    const stored = await this.#search(grant, { state: 'ended', limit: maxEnded });
    const known = new Set([...live, ...ended].map(({ epoch }) => epoch));
    const older = (stored?.sessions ?? []).filter(({ epoch }) => !known.has(epoch));
    // What the memory holds stays listed: it keeps calls with utterances longer than empty sessions.
    const filled = [...ended, ...older.slice(0, Math.max(0, maxEnded - ended.length))];
    const listed = [...live, ...filled.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1))];
    return { sessions: listed, ...(position !== null && { position }) };
  }

  /**
   * One page of the sessions that fulfil a query, newest first.
   *
   * @throws HistoryError
   */
  async search(grant: Grant, query: SessionQuery): Promise<SessionList> {
    const { history, sessions } = this.#options;
    const { sessions: found, next } = await history.store.sessions(within(grant, query));
    return {
      sessions: found.map(({ run, utterance }) => {
        const session = sessions.get(run.sessionId);
        // The history follows a live session with a delay.
        const summary = session?.events.epoch === run.epoch ? session.summary() : summarizeRun(run);
        return { ...summary, ...(utterance !== null && { match: utterance }) };
      }),
      next: next === null ? null : String(next),
    };
  }

  /** The session with this id, or only if it has this epoch, if it is in memory and the grant covers it. */
  held(grant: Grant, sessionId: string, epoch?: string): Session | null {
    const session = covers(grant, sessionId) ? this.#options.sessions.get(sessionId) : undefined;
    return session === undefined || (epoch ?? session.events.epoch) !== session.events.epoch ? null : session;
  }

  /** The newest stored run with this id, or the one with this epoch. Null when there is none that the grant covers. */
  async stored(grant: Grant, sessionId: string, epoch?: string): Promise<RunRecord | null> {
    return covers(grant, sessionId) && this.store !== null ? this.store.session(sessionId, epoch) : null;
  }

  /** As {@link search}. Null while there is no history, or it fails. */
  async #search(grant: Grant, query: SessionQuery): Promise<{ readonly sessions: readonly SessionSummary[] } | null> {
    if (this.store === null) return null;
    try {
      return await this.search(grant, query);
    } catch {
      return null;
    }
  }
}

/** A query that finds nothing that the grant does not cover. */
export function within<Q extends Partial<SessionQuery>>({ session }: Grant, query: Q): Q {
  return session === undefined ? query : { ...query, sessionId: session };
}
