import type { Logger } from 'pino';
import type { Clock } from '../../pipeline/index.ts';
import type { Grant } from './grant.ts';

/** What somebody did with a session that is not theirs alone. */
export interface AuditEntry {
  readonly action: 'subscribe' | 'read' | 'listen';
  /** Null for the list of all sessions. */
  readonly sessionId: string | null;
  readonly grant: Grant;
  /** Of the client. */
  readonly address: string;
}

/** A page that polls is told of once in this time, in ms. */
const QUIET_MS = 60_000;
/** Readers that are remembered; the oldest goes first, and is then told of again. */
const MAX_READERS = 10_000;

/**
 * Logs who followed, read or heard which session: lines at level `info` with `audit: true`. They have no content of
 * a call. What one holder reads of a session from one address is one line per minute.
 */
export class AuditLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  /** When a reader was told of last. */
  readonly #toldMs = new Map<string, number>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log.child({ audit: true });
    this.#clock = clock;
  }

  record({ action, sessionId, grant, address }: AuditEntry): void {
    const { holder, scopes } = grant;
    if (action === 'read' && this.#isTold(JSON.stringify([holder, sessionId, address]))) return;
    this.#log.info({ action, holder, scopes: [...scopes].join(' '), sessionId, address }, 'a session was used');
  }

  #isTold(reader: string): boolean {
    const now = this.#clock.now();
    const toldMs = this.#toldMs.get(reader);
    if (toldMs !== undefined && now - toldMs < QUIET_MS) return true;
    this.#toldMs.delete(reader);
    this.#toldMs.set(reader, now);
    const [oldest] = this.#toldMs.keys();
    if (this.#toldMs.size > MAX_READERS && oldest !== undefined) this.#toldMs.delete(oldest);
    return false;
  }
}
