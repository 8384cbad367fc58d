import type { Clock } from '../../../pipeline/index.ts';
import { type Grant, isService } from '../../access/grant.ts';
import { TokenBucket } from '../../limits/token-bucket.ts';
import { TrafficLimit } from '../../limits/traffic-limit.ts';
import { ServiceError } from '../../service-error.ts';

/** Quotas of a publisher's own token. */
export const QUOTAS = [
  'sessions-per-minute',
  'open-sessions',
  'publishers',
  'participants',
  'messages',
  'bytes',
] as const;

export type Quota = (typeof QUOTAS)[number];

/** The names are those of the configuration. */
export interface QuotaLimits {
  /** Sessions that one token may open per minute. An idle token may open all of them at once. */
  readonly maxSessionStartsPerToken: number;
  /** Live sessions that one token has opened. */
  readonly maxSessionsPerToken: number;
  /** Participants that one token may bring into a session. */
  readonly maxParticipantsPerToken: number;
  /** Messages and bytes per second, over all publishers of one token. */
  readonly maxMessagesPerSecond: number;
  readonly maxBytesPerSecond: number;
  readonly maxPacketBytes: number;
}

export interface HolderQuotasOptions {
  readonly limits: QuotaLimits;
  readonly clock: Clock;
  /** Called for each refusal. */
  readonly onRefused: (quota: Quota) => void;
}

/** Traffic of all publishers of one holder together. */
export interface HolderTraffic {
  /** Counts the message. False if it is more than the holder may send now. */
  take(bytes: number, nowMs: number): boolean;
  /** Adds the allowance of `ms` during which the server made the source wait. */
  makeUpFor(ms: number): void;
}

/** Tokens whose usage is remembered. The least recently used is forgotten first. By then it has its quotas back. */
const MAX_HOLDERS = 10_000;
const MINUTE_MS = 60_000;
/** A participant may publish in two ways at once, for example WebRTC, and a WebSocket for the words. */
const PUBLISHERS_PER_PARTICIPANT = 2;

interface Use {
  readonly starts: TokenBucket;
  readonly traffic: TrafficLimit;
  openSessions: number;
  publishers: number;
  lastUsedMs: number;
}

/**
 * Counts what each holder of a publisher's own token uses, so that one token cannot fill the server. Services carry
 * many calls: the server's own token and the platforms. Only the server's limits apply to them.
 */
export class HolderQuotas {
  readonly #options: HolderQuotasOptions;
  readonly #uses = new Map<string, Use>();

  constructor(options: HolderQuotasOptions) {
    this.#options = options;
  }

  /** Participants that the holder may bring into one session. */
  participantsOf(grant: Grant): number {
    return isService(grant) ? Number.POSITIVE_INFINITY : this.#options.limits.maxParticipantsPerToken;
  }

  /** Traffic of all publishers of a holder. Null if each has only its own limits. */
  trafficOf(grant: Grant): HolderTraffic | null {
    if (isService(grant)) return null;
    return {
      take: (bytes, nowMs) => {
        const use = this.#useOf(grant.holder);
        use.lastUsedMs = nowMs;
        const exceeded = use.traffic.take(bytes, nowMs);
        return exceeded === null || this.#refused(exceeded);
      },
      makeUpFor: (ms) => this.#useOf(grant.holder).traffic.makeUpFor(ms),
    };
  }

  /**
   * A holder is about to open a session.
   *
   * @returns a function to call when the session has ended.
   * @throws ServiceError `quota-sessions`, `quota-session-starts`.
   */
  openSession(grant: Grant): () => void {
    if (isService(grant)) return () => {};
    const { limits, clock } = this.#options;
    const use = this.#useOf(grant.holder);
    const { maxSessionsPerToken: maxOpen, maxSessionStartsPerToken: maxStarts } = limits;
    if (use.openSessions >= maxOpen) {
      this.#refused('open-sessions');
      throw ServiceError.quotaSessions(maxOpen);
    }
    if (!use.starts.take(1, clock.now())) {
      this.#refused('sessions-per-minute');
      throw ServiceError.quotaSessionStarts(maxStarts);
    }
    use.openSessions += 1;
    return () => {
      use.openSessions -= 1;
    };
  }

  /**
   * A publisher of the holder is about to join a session.
   *
   * @returns a function to call when it has left.
   * @throws ServiceError `quota-publishers`.
   */
  addPublisher(grant: Grant): () => void {
    if (isService(grant)) return () => {};
    const { maxSessionsPerToken, maxParticipantsPerToken } = this.#options.limits;
    const use = this.#useOf(grant.holder);
    const max = PUBLISHERS_PER_PARTICIPANT * maxSessionsPerToken * maxParticipantsPerToken;
    if (use.publishers >= max) {
      this.#refused('publishers');
      throw ServiceError.quotaPublishers(max);
    }
    use.publishers += 1;
    return () => {
      use.publishers -= 1;
    };
  }

  /** A participant was refused because the holder has reached its quota. */
  refusedParticipant(): void {
    this.#refused('participants');
  }

  #refused(quota: Quota): false {
    this.#options.onRefused(quota);
    return false;
  }

  #useOf(holder: string): Use {
    const known = this.#uses.get(holder);
    if (known !== undefined) return known;
    const { limits, clock } = this.#options;
    const { maxSessionStartsPerToken, maxPacketBytes } = limits;
    const now = clock.now();
    if (this.#uses.size >= MAX_HOLDERS) this.#forgetIdle(now);
    const use = {
      starts: new TokenBucket(maxSessionStartsPerToken / 60, maxSessionStartsPerToken, now),
      traffic: new TrafficLimit(limits, now, maxPacketBytes),
      openSessions: 0,
      publishers: 0,
      lastUsedMs: now,
    };
    this.#uses.set(holder, use);
    return use;
  }

  #forgetIdle(now: number): void {
    for (const [holder, { openSessions, publishers, lastUsedMs }] of this.#uses) {
      if (openSessions === 0 && publishers === 0 && now - lastUsedMs > MINUTE_MS) this.#uses.delete(holder);
    }
  }
}
