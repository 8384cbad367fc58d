import type { Clock } from '../../pipeline/index.ts';
import type { AddressedRequest, ClientAddresses } from './client-address.ts';

export interface ReadPaceOptions {
  readonly clock: Clock;
  /** Finds the address of a client. */
  readonly addresses: ClientAddresses;
}

/** Largest share of the main thread's time for the reads of one address, and for all reads. */
const ADDRESS_SHARE = 0.15;
const ALL_SHARE = 0.3;
/** Thread time of reads that may be used without delay before the share applies, in ms. */
const BURST_MS = 500;
/** Thread time per past event that a stream sends first, in ms. */
const EVENT_MS = 0.01;
/** Addresses that are remembered. The one that was quiet longest is forgotten first. */
const MAX_ADDRESSES = 4096;

/** Used thread time. It decreases at the rate of the share. */
class Account {
  readonly #share: number;
  #usedMs = 0;
  #atMs = 0;

  constructor(share: number) {
    this.#share = share;
  }

  /** Remaining used time, in ms. */
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
 * Limits how much of the main thread reads use, per address and in total. Taking turns is not enough: continuous reads
 * would use all the time that the sessions leave, and the processor time that models need.
 */
export class ReadPace {
  readonly #options: ReadPaceOptions;
  readonly #all = new Account(ALL_SHARE);
  /** By address. The one that was quiet longest comes first. */
  readonly #ofAddress = new Map<string, Account>();

  constructor(options: ReadPaceOptions) {
    this.#options = options;
  }

  /** Number of addresses that are remembered. */
  get size(): number {
    return this.#ofAddress.size;
  }

  /** Whether a request may be answered now. */
  isFree(request: AddressedRequest): boolean {
    const now = this.#options.clock.now();
    const used = this.#ofAddress.get(this.#options.addresses.of(request))?.usedMs(now) ?? 0;
    return used < BURST_MS && this.#all.usedMs(now) < BURST_MS;
  }

  /** Counts `ms` of thread time for a request. */
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

  /** Counts the thread time of the past events that the request's stream sends first. */
  catchUp(request: AddressedRequest): (events: number) => void {
    return (events) => this.charge(request, events * EVENT_MS);
  }
}
