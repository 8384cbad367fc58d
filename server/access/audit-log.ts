import type { Logger } from 'pino';
import type { Clock } from '../../pipeline/index.ts';
import type { Grant } from './grant.ts';

/** One access to a session, or to the list of all sessions. */
export interface AuditEntry {
  readonly action: 'subscribe' | 'read' | 'export' | 'erase' | 'listen' | 'drain';
  /** Null for the list of all sessions, and for the server itself. */
  readonly sessionId: string | null;
  readonly grant: Grant;
  /** Address of the client. */
  readonly address: string;
}

/** A reader that polls is logged at most once within this time, in ms. */
const QUIET_MS = 60_000;
/** Readers that are remembered. The oldest is forgotten first; its next access is logged again. */
const MAX_READERS = 10_000;

/**
 * Logs who followed, read, erased or heard which session, or stopped the server, at level `info` with `audit: true`. The lines hold nothing of a
 * call's content. Reading one session writes at most one line per minute, holder and address.
 */
export class AuditLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  /** When each reader was last logged. */
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
