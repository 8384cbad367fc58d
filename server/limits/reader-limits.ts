import { allows, type Grant, SCOPES } from '../access/grant.ts';

/** Which limit of readers was reached. `read-pace`: those of their address took more of the thread than their share. */
export type ReaderLimit = 'readers' | 'session-readers' | 'holder-readers' | 'read-pace';

export interface ReaderLimitsOptions {
  /** Readers in all. */
  readonly maxReaders: number;
  readonly maxPerSession: number;
  readonly maxPerHolder: number;
  readonly onLimit: (limit: ReaderLimit) => void;
}

/**
 * Counts who follows the events of sessions, over WebSockets and event streams together. Readers leave places to publishers:
 * without a limit of their own they could take every connection of the server.
 */
export class ReaderLimits {
  readonly #options: ReaderLimitsOptions;
  readonly #ofSession = new Map<string, number>();
  readonly #ofHolder = new Map<string, number>();
  #count = 0;

  constructor(options: ReaderLimitsOptions) {
    this.#options = options;
  }

  /** Readers now. */
  get count(): number {
    return this.#count;
  }

  /**
   * Takes one more reader; null when there are too many. A grant of everything is the server's own token, which many may
   * share: its holder has no limit of its own.
   *
   * @returns gives the place back; further calls do nothing.
   */
  admit(sessionId: string, grant: Grant): (() => void) | null {
    const holder = SCOPES.every((scope) => allows(grant, scope)) ? null : grant.holder;
    const limit = this.#limitFor(sessionId, holder);
    if (limit !== null) {
      this.#options.onLimit(limit);
      return null;
    }
    this.#change(sessionId, holder, 1);
    let isIn = true;
    return () => {
      if (isIn) this.#change(sessionId, holder, -1);
      isIn = false;
    };
  }

  #limitFor(sessionId: string, holder: string | null): ReaderLimit | null {
    const { maxReaders, maxPerSession, maxPerHolder } = this.#options;
    if (this.#count >= maxReaders) return 'readers';
    if ((this.#ofSession.get(sessionId) ?? 0) >= maxPerSession) return 'session-readers';
    return holder !== null && (this.#ofHolder.get(holder) ?? 0) >= maxPerHolder ? 'holder-readers' : null;
  }

  #change(sessionId: string, holder: string | null, by: 1 | -1): void {
    this.#count += by;
    addTo(this.#ofSession, sessionId, by);
    if (holder !== null) addTo(this.#ofHolder, holder, by);
  }
}

function addTo(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
