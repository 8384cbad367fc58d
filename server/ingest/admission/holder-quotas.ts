import type { Clock } from '../../../pipeline/index.ts';
import { type Grant, isService } from '../../access/grant.ts';
import { TokenBucket } from '../../limits/token-bucket.ts';
import { TrafficLimit } from '../../limits/traffic-limit.ts';
import { ServiceError } from '../../service-error.ts';

/** What a publisher's own token may use up. */
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
  /** Sessions that one token opens in a minute, and at once where it has opened none for a minute. */
  readonly maxSessionStartsPerToken: number;
  /** Live sessions that one token opened. */
  readonly maxSessionsPerToken: number;
  /** Participants that one token brings into a session. */
  readonly maxParticipantsPerToken: number;
  /** Messages and bytes a second of all publishers of one token together. */
  readonly maxMessagesPerSecond: number;
  readonly maxBytesPerSecond: number;
  readonly maxPacketBytes: number;
}

export interface HolderQuotasOptions {
  readonly limits: QuotaLimits;
  readonly clock: Clock;
  /** Told each refusal. */
  readonly onRefused: (quota: Quota) => void;
}

/** What all publishers of one holder send together. */
export interface HolderTraffic {
  /** False when the message is more than the holder may send now. */
  take(bytes: number, nowMs: number): boolean;
  /** Puts in what `ms` of waiting for the server would have gained. */
  makeUpFor(ms: number): void;
}

/** Tokens whose use is remembered. What an idle one has used is forgotten first; it has its quotas back by then. */
const CAPACITY = 10_000;
const MINUTE_MS = 60_000;
/** A participant may come by two ways at once, such as WebRTC and a WebSocket for the words. */
const PUBLISHERS_PER_PARTICIPANT = 2;

interface Use {
  readonly starts: TokenBucket;
  readonly traffic: TrafficLimit;
  openSessions: number;
  publishers: number;
  lastUsedMs: number;
}

/**
 * Counts what each holder of a publisher's own token uses up, so that one token cannot fill the server. Services, such as
 * the server's own token and the platforms, carry many calls: the server's limits bound them alone.
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

  /** What the publishers of a holder send together; null where each has its own limits only. */
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
   * @returns what is to be called once the session has ended.
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
   * @returns what is to be called once it has left.
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

  /** A participant was refused because the holder has as many as it may. */
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
    if (this.#uses.size >= CAPACITY) this.#forgetIdle(now);
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
