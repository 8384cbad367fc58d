import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { Subscription } from 'rxjs';
import type { Clock } from '../../pipeline/index.ts';
import { TokenBucket } from '../limits/token-bucket.ts';
import type { Way } from './route-access.ts';

export interface WrongCredentialsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Called for each credential that was refused. */
  readonly onRefused: (way: Way, reason: RefusedCredential) => void;
}

/** `held-back`: the credential was not checked, because too many wrong ones had come from its address. */
export type RefusedCredential = 'missing' | 'wrong' | 'held-back';

/** Wrong credentials per address that are checked without delay. */
const BURST = 10;
/** Further wrong credentials per address and second. */
const PER_SECOND = 1;
/** Addresses that are remembered. The one that was quiet longest is forgotten first. */
const MAX_ADDRESSES = 10_000;
/** Valid credentials that are remembered per address. */
const MAX_KNOWN = 8;
/** Time between two log lines about one address, in ms. */
const LINE_INTERVAL_MS = 60_000;
/** Lines per interval. The remaining addresses share one line. */
const MAX_LINES = 100;

/** Time after which an address that is held back may try again, in s. */
export const HELD_BACK_S = 2;

interface Attempts {
  readonly bucket: TokenBucket;
  /** Digests of credentials that were valid. */
  readonly known: Set<string>;
  /** Wrong credentials that are not logged yet. */
  wrong: number;
  heldBack: number;
}

/**
 * Slows down attackers who guess credentials. Per address, a few wrong ones are checked at once, and then one per
 * second. Any credential beyond that is refused without a check. A credential that was valid before from the same
 * address is always checked, so an attacker cannot lock out a known client.
 */
export class WrongCredentials {
  readonly #options: WrongCredentialsOptions;
  /** By address. The one that was quiet longest comes first. */
  readonly #addresses = new Map<string, Attempts>();
  readonly #unlogged = new Set<string>();
  /** Counts of addresses that are no longer remembered or have no line of their own. */
  #others = { addresses: 0, wrong: 0, heldBack: 0 };
  #timer: Subscription | null = null;

  constructor(options: WrongCredentialsOptions) {
    this.#options = options;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#addresses.size;
  }

  /**
   * Whether a credential of an address may be checked. If so, the caller must report the result with {@link right} or
   * {@link wrong}.
   */
  allows(address: string, credential: string, way: Way): boolean {
    const attempts = this.#attemptsOf(address);
    if (attempts.known.has(digest(credential)) || attempts.bucket.take(1, this.#options.clock.now())) return true;
    attempts.heldBack += 1;
    this.#options.onRefused(way, 'held-back');
    this.#logLater(address);
    return false;
  }

  right(address: string, credential: string): void {
    const { bucket, known } = this.#attemptsOf(address);
    const key = digest(credential);
    if (known.has(key)) return;
    bucket.giveBack(1);
    known.add(key);
    const [oldest] = known;
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  }

  wrong(address: string, credential: string, way: Way): void {
    const attempts = this.#attemptsOf(address);
    // A credential that was valid before and no longer is costs as much as any other.
    if (attempts.known.delete(digest(credential))) attempts.bucket.take(1, this.#options.clock.now());
    attempts.wrong += 1;
    this.#options.onRefused(way, 'wrong');
    this.#logLater(address);
  }

  /** No credential was presented. This does not count as a guess. */
  missing(way: Way): void {
    this.#options.onRefused(way, 'missing');
  }

  /** Logs the remaining counts and stops the timer. */
  close(): void {
    this.#timer?.unsubscribe();
    this.#timer = null;
    this.#logAll();
  }

  #attemptsOf(address: string): Attempts {
    const known = this.#addresses.get(address);
    this.#addresses.delete(address);
    const bucket = () => new TokenBucket(PER_SECOND, BURST, this.#options.clock.now());
    const attempts = known ?? { bucket: bucket(), known: new Set<string>(), wrong: 0, heldBack: 0 };
    this.#addresses.set(address, attempts);
    const [quietest] = this.#addresses.keys();
    if (this.#addresses.size > MAX_ADDRESSES && quietest !== undefined) this.#forget(quietest);
    return attempts;
  }

  #forget(address: string): void {
    const attempts = this.#addresses.get(address);
    if (this.#unlogged.delete(address) && attempts !== undefined) this.#countOther(attempts);
    this.#addresses.delete(address);
  }

  #logLater(address: string): void {
    this.#unlogged.add(address);
    if (this.#timer !== null) return;
    // Write the first line at once, and further lines once per interval.
    this.#logAll();
    this.#timer = this.#options.clock.scheduler.schedule(() => {
      this.#timer = null;
      const [next] = this.#unlogged;
      if (next !== undefined) this.#logLater(next);
    }, LINE_INTERVAL_MS);
  }

  #logAll(): void {
    const { log } = this.#options;
    const line = 'wrong credentials came in';
    let lines = 0;
    for (const address of this.#unlogged) {
      const attempts = this.#addresses.get(address);
      if (attempts === undefined) continue;
      lines += 1;
      if (lines > MAX_LINES) this.#countOther(attempts);
      else log.warn({ address, wrong: attempts.wrong, heldBack: attempts.heldBack }, line);
      attempts.wrong = 0;
      attempts.heldBack = 0;
    }
    if (this.#others.addresses > 0) log.warn(this.#others, line);
    this.#others = { addresses: 0, wrong: 0, heldBack: 0 };
    this.#unlogged.clear();
  }

  #countOther({ wrong, heldBack }: Attempts): void {
    this.#others.addresses += 1;
    this.#others.wrong += wrong;
    this.#others.heldBack += heldBack;
  }
}

function digest(credential: string): string {
  return createHash('sha256').update(credential).digest('base64').slice(0, 16);
}
