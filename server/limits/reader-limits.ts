import { allows, type Grant, SCOPES } from '../access/grant.ts';

/** The limit that was reached. `read-pace`: the readers of one address used more than their share of the thread. */
export type ReaderLimit = 'readers' | 'session-readers' | 'holder-readers' | 'read-pace';

export interface ReaderLimitsOptions {
  /** Readers in total. */
  readonly maxReaders: number;
  readonly maxPerSession: number;
  readonly maxPerHolder: number;
  readonly onLimit: (limit: ReaderLimit) => void;
}

/**
 * Counts the readers of events, WebSockets and event streams together. Without this limit, readers could take every
 * connection of the server and leave none for publishers.
 */
export class ReaderLimits {
  readonly #options: ReaderLimitsOptions;
  readonly #ofSession = new Map<string, number>();
  readonly #ofHolder = new Map<string, number>();
  #count = 0;

  constructor(options: ReaderLimitsOptions) {
    this.#options = options;
  }

  /** Number of readers. */
  get count(): number {
    return this.#count;
  }

  /**
   * Admits one more reader. Null when there are too many. A grant with every scope belongs to the server's own token.
   * Many clients may share that token, so its holder has no limit of its own.
   *
   * @returns a function that releases the place. Further calls do nothing.
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
