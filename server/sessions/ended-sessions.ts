import type { Session } from './session.ts';

/**
 * Ended sessions that stay readable. When there are too many, sessions without an utterance are removed first. Next
 * comes the oldest session of the holder that opened the most. So nobody can push out the calls of others by opening
 * sessions.
 */
export class EndedSessions {
  readonly #max: number;
  /** Sessions in the order in which they ended. */
  readonly #sessions = new Map<string, Session>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(sessionId: string): Session | undefined {
    return this.#sessions.get(sessionId);
  }

  /** Oldest first. */
  values(): Session[] {
    return [...this.#sessions.values()];
  }

  /** Deletes a session and frees its memory. False if there is none with this id. */
  delete(sessionId: string): boolean {
    const session = this.#sessions.get(sessionId);
    session?.forget();
    return this.#sessions.delete(sessionId);
  }

  add(session: Session): void {
    this.#sessions.set(session.id, session);
    while (this.#sessions.size > this.#max) {
      const gone = this.#leastMissed();
      this.#sessions.delete(gone.id);
      gone.forget();
    }
  }

  #leastMissed(): Session {
    const counts = new Map<string, number>();
    for (const session of this.#sessions.values()) {
      if (session.utteranceCount === 0) return session;
      counts.set(session.opener, (counts.get(session.opener) ?? 0) + 1);
    }
    const most = Math.max(...counts.values());
    for (const session of this.#sessions.values()) if (counts.get(session.opener) === most) return session;
    throw new TypeError('there is no session');
  }
}
