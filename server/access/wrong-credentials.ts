import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { Subscription } from 'rxjs';
import type { Clock } from '../../pipeline/index.ts';
import { TokenBucket } from '../limits/token-bucket.ts';
import type { Way } from './route-access.ts';

export interface WrongCredentialsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Counts each credential that was refused. */
  readonly onRefused: (way: Way, reason: RefusedCredential) => void;
}

/** `held-back`: it was not looked at, because too many wrong ones had come from its address. */
export type RefusedCredential = 'missing' | 'wrong' | 'held-back';

/** Wrong credentials of one address that are answered at once. */
const BURST = 10;
/** And after them, per second. */
const PER_SECOND = 1;
/** Addresses that are remembered; the one that was quiet longest goes first. */
const MAX_ADDRESSES = 10_000;
/** Right credentials that are remembered of one address. */
const MAX_KNOWN = 8;
/** Time between two lines about one address, in ms. */
const LINE_INTERVAL_MS = 60_000;
/** Lines of one interval; the addresses beyond share one. */
const MAX_LINES = 100;

/** Time after which an address that is held back may try again, in s. */
export const HELD_BACK_S = 2;

interface Attempts {
  readonly bucket: TokenBucket;
  /** Digests of credentials that were right. */
  readonly known: Set<string>;
  /** Not logged yet. */
  wrong: number;
  heldBack: number;
}

/**
 * Slows down who guesses credentials. An address has a few wrong ones at once and one per second after them; what comes
 * beyond is refused without a look, right or wrong. Only a credential that was right before from the same address is
 * looked at in any case: whoever guesses does not keep out who is known.
 */
export class WrongCredentials {
  readonly #options: WrongCredentialsOptions;
  /** By address, the one that was quiet longest first. */
  readonly #addresses = new Map<string, Attempts>();
  readonly #unlogged = new Set<string>();
  /** Of addresses that are no longer remembered, or have no line of their own. */
  #others = { addresses: 0, wrong: 0, heldBack: 0 };
  #timer: Subscription | null = null;

  constructor(options: WrongCredentialsOptions) {
    this.#options = options;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#addresses.size;
  }

  /** Whether a credential of an address may be looked at. Where it may, {@link right} or {@link wrong} is told next. */
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
    // One that was right, and is no more, costs like any other.
    if (attempts.known.delete(digest(credential))) attempts.bucket.take(1, this.#options.clock.now());
    attempts.wrong += 1;
    this.#options.onRefused(way, 'wrong');
    this.#logLater(address);
  }

  /** Nothing was presented: that is no guess. */
  missing(way: Way): void {
    this.#options.onRefused(way, 'missing');
  }

  /** Logs what is not logged yet, and stops the timer. */
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
    // The first line comes at once, the next ones once per interval.
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
