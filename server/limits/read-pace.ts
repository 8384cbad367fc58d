import type { Clock } from '../../pipeline/index.ts';
import type { AddressedRequest, ClientAddresses } from './client-address.ts';

export interface ReadPaceOptions {
  readonly clock: Clock;
  /** Tells who asks. */
  readonly addresses: ClientAddresses;
}

/** Share of the main thread's time that the reads of one address get, and those of all. */
const ADDRESS_SHARE = 0.15;
const ALL_SHARE = 0.3;
/** Thread time of reads that are answered as fast as they come, before the pace is kept, in ms. */
const BURST_MS = 500;
/** Thread time of each event of the past that a stream is sent first, in ms. */
const EVENT_MS = 0.01;
/** Addresses remembered before those that have rested are forgotten. */
const MAX_ADDRESSES = 4096;

/** Thread time that was used, and the share at which it is forgiven. */
class Account {
  readonly #share: number;
  #usedMs = 0;
  #atMs = 0;

  constructor(share: number) {
    this.#share = share;
  }

  /** Time used and not yet forgiven, in ms. */
  usedMs(nowMs: number): number {
    this.#usedMs = Math.max(0, this.#usedMs - (nowMs - this.#atMs) * this.#share);
    this.#atMs = nowMs;
    return this.#usedMs;
  }

  charge(ms: number, nowMs: number): void {
    this.#usedMs = this.usedMs(nowMs) + ms;
  }
}

/**
 * Bounds how much of the main thread reads take: of one address, and of all. Taking turns alone is not enough: reads at full
 * speed take whatever the sessions leave, and the processor that models need with it.
 */
export class ReadPace {
  readonly #options: ReadPaceOptions;
  readonly #all = new Account(ALL_SHARE);
  readonly #ofAddress = new Map<string, Account>();

  constructor(options: ReadPaceOptions) {
    this.#options = options;
  }

  /** Whether a request may be answered now. */
  isFree(request: AddressedRequest): boolean {
    const now = this.#options.clock.now();
    const used = this.#ofAddress.get(this.#options.addresses.of(request))?.usedMs(now) ?? 0;
    return used < BURST_MS && this.#all.usedMs(now) < BURST_MS;
  }

  /** A request took the thread for `ms`. */
  charge(request: AddressedRequest, ms: number): void {
    const { clock, addresses } = this.#options;
    const now = clock.now();
    const address = addresses.of(request);
    this.#all.charge(ms, now);
    let account = this.#ofAddress.get(address);
    if (account === undefined) {
      if (this.#ofAddress.size >= MAX_ADDRESSES) this.#forgetRested(now);
      account = new Account(ADDRESS_SHARE);
      this.#ofAddress.set(address, account);
    }
    account.charge(ms, now);
  }

  /** Charges a request for the events of the past that its stream is sent first. */
  catchUp(request: AddressedRequest): (events: number) => void {
    return (events) => this.charge(request, events * EVENT_MS);
  }

  #forgetRested(now: number): void {
    for (const [address, account] of this.#ofAddress) {
      if (account.usedMs(now) === 0) this.#ofAddress.delete(address);
    }
  }
}
