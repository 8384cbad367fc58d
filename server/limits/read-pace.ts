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
/** Addresses that are remembered; the one that was quiet longest goes first. */
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
  /** By address, the one that was quiet longest first. */
  readonly #ofAddress = new Map<string, Account>();

  constructor(options: ReadPaceOptions) {
    this.#options = options;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#ofAddress.size;
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
    const account = this.#ofAddress.get(address) ?? new Account(ADDRESS_SHARE);
    account.charge(ms, now);
    this.#all.charge(ms, now);
    this.#ofAddress.delete(address);
    this.#ofAddress.set(address, account);
    if (this.#ofAddress.size > MAX_ADDRESSES) this.#ofAddress.delete(this.#ofAddress.keys().next().value!);
  }

  /** Charges a request for the events of the past that its stream is sent first. */
  catchUp(request: AddressedRequest): (events: number) => void {
    return (events) => this.charge(request, events * EVENT_MS);
  }
}
