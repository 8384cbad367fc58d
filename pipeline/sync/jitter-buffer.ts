/** Why a packet left the jitter buffer unused. */
export type JitterDropReason =
  /** Its start time was already there. */
  | 'duplicate'
  /** It arrived after its place had been passed on: outside the jitter budget, or time ran backwards. */
  | 'late'
  /** Its time was far ahead and no second packet confirmed it. */
  | 'jump';

export interface JitterBufferOptions<T> {
  /** How far out of order packets may arrive, in ms of media time. */
  readonly jitterMs: number;
  /**
   * `stretches`: packets last (audio) and one that continues the previous one is released at once.
   * `instants`: packets have no length (images), so each waits until nothing earlier can come.
   */
  readonly kind: 'stretches' | 'instants';
  /** Media time at which the track was announced: a first packet exactly there needs no wait. */
  readonly openedMs: number;
  /** A packet further ahead than this is held until a second one confirms it, ms. Default 10 000. */
  readonly maxJumpMs?: number;
  /** Most packets held; beyond it the earliest leaves before its time. Default 1024. */
  readonly capacity?: number;
  /** Bytes of a packet's value. Default 0. */
  readonly bytesOf?: (value: T) => number;
  /** Most bytes held; beyond them the earliest leaves before its time. Default 8 MiB. */
  readonly maxBytes?: number;
  /** Told by how many bytes more, or fewer, are held. */
  readonly onHeld?: (bytes: number) => void;
  readonly onDrop?: (reason: JitterDropReason, value: T) => void;
}

interface Held<T> {
  readonly startMs: number;
  readonly endMs: number;
  readonly value: T;
  readonly bytes: number;
}

const MAX_BYTES = 8 * 1024 * 1024;

/** Timestamps are often whole milliseconds: neighbours may be this far apart and still touch. */
const MAX_ROUNDING_MS = 2;

/**
 * Puts the packets of one track in order of media time. Pure: what is released is a function of the packets alone,
 * and does not depend on their order of arrival as long as none arrives behind one that is `jitterMs` or more ahead.
 *
 * What follows a gap waits until the newest packet starts `jitterMs` after it: by then nothing that fits into the gap
 * can still come in time. It is then released, and the gap is left to the caller.
 *
 * A jump of more than `maxJumpMs` needs two packets that agree (RFC 3550 A.1 does the same), so a single corrupt time
 * stamp cannot move the track. Time never runs backwards: a source that restarts its clock at an earlier time has its
 * packets dropped as `late`.
 */
export class JitterBuffer<T> {
  readonly #jitterMs: number;
  readonly #instants: boolean;
  readonly #maxJumpMs: number;
  readonly #capacity: number;
  readonly #bytesOf: (value: T) => number;
  readonly #maxBytes: number;
  readonly #onHeld: (bytes: number) => void;
  readonly #onDrop: (reason: JitterDropReason, value: T) => void;
  readonly #held: Held<T>[] = [];
  #unconfirmed: Held<T> | null = null;
  #bytes = 0;
  #newestMs: number;
  /** Nothing that starts at or before this can still come in time. */
  #horizonMs = Number.NEGATIVE_INFINITY;
  #expectedMs: number;
  #releasedStartMs = Number.NEGATIVE_INFINITY;
  #releasedEndMs = Number.NEGATIVE_INFINITY;

  constructor(options: JitterBufferOptions<T>) {
    this.#jitterMs = options.jitterMs;
    this.#instants = options.kind === 'instants';
    this.#maxJumpMs = options.maxJumpMs ?? 10_000;
    this.#capacity = options.capacity ?? 1024;
    this.#bytesOf = options.bytesOf ?? (() => 0);
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    this.#onHeld = options.onHeld ?? (() => {});
    this.#onDrop = options.onDrop ?? (() => {});
    this.#newestMs = options.openedMs;
    this.#expectedMs = options.openedMs;
  }

  /** Nothing earlier than this will be released any more, in ms; −Infinity before the first release. */
  get settledMs(): number {
    return this.#instants ? Math.max(this.#horizonMs, this.#releasedEndMs) : this.#releasedEndMs;
  }

  /** Takes the packet of `[startMs, endMs)` (an instant: both equal) and returns what is now in order. */
  push(startMs: number, endMs: number, value: T): T[] {
    const packet = { startMs, endMs, value, bytes: this.#bytesOf(value) };
    if (this.#isLate(packet)) {
      this.#onDrop(startMs === this.#releasedStartMs ? 'duplicate' : 'late', value);
      return [];
    }
    if (startMs - this.#newestMs > this.#maxJumpMs && !this.#confirms(packet)) {
      return [];
    }
    this.#insert(packet);
    if (startMs > this.#newestMs) {
      this.#newestMs = startMs;
    }
    return this.#release(this.#newestMs - this.#jitterMs);
  }

  /** The source promises that nothing earlier than `boundMs` follows: what is before it needs no more wait. */
  advance(boundMs: number): T[] {
    const released = this.#release(boundMs);
    this.#newestMs = Math.max(this.#newestMs, boundMs);
    if (boundMs > this.#releasedEndMs) {
      this.#releasedEndMs = boundMs;
      this.#expectedMs = boundMs;
    }
    return released;
  }

  /** Releases all that is held: the track has ended, or has been silent too long to wait on. */
  flush(): T[] {
    const unconfirmed = this.#unconfirmed;
    if (unconfirmed !== null) {
      this.#setAside(null);
      this.#onDrop('jump', unconfirmed.value);
    }
    return this.#release(this.#held.at(-1)?.startMs ?? Number.NEGATIVE_INFINITY);
  }

  #isLate({ startMs, endMs }: Held<T>): boolean {
    if (this.#instants) {
      return startMs <= this.#releasedStartMs || startMs < this.settledMs;
    }
    return startMs <= this.#releasedStartMs || endMs <= this.#releasedEndMs;
  }

  /** True if an earlier packet also claimed this far-ahead time; that one is then accepted too. */
  #confirms(packet: Held<T>): boolean {
    const earlier = this.#unconfirmed;
    if (earlier !== null && Math.abs(packet.startMs - earlier.startMs) <= this.#maxJumpMs) {
      this.#setAside(null);
      this.#insert(earlier);
      this.#newestMs = earlier.startMs;
      return true;
    }
    if (earlier !== null) {
      this.#onDrop('jump', earlier.value);
    }
    this.#setAside(packet);
    return false;
  }

  #setAside(packet: Held<T> | null): void {
    this.#onHeld((packet?.bytes ?? 0) - (this.#unconfirmed?.bytes ?? 0));
    this.#unconfirmed = packet;
  }

  #insert(packet: Held<T>): void {
    const held = this.#held;
    let at = held.length;
    while (at > 0 && held[at - 1]!.startMs >= packet.startMs) {
      at -= 1;
    }
    if (held[at]?.startMs === packet.startMs) {
      this.#onDrop('duplicate', packet.value);
      return;
    }
    held.splice(at, 0, packet);
    this.#bytes += packet.bytes;
    this.#onHeld(packet.bytes);
  }

  #release(horizonMs: number): T[] {
    if (horizonMs > this.#horizonMs) {
      this.#horizonMs = horizonMs;
    }
    const held = this.#held;
    let count = 0;
    let bytes = 0;
    while (count < held.length) {
      const next = held[count]!;
      const full = held.length - count > this.#capacity || this.#bytes - bytes > this.#maxBytes;
      if (!full && next.startMs > this.#horizonMs && !this.#continues(next)) {
        break;
      }
      this.#releasedStartMs = next.startMs;
      this.#releasedEndMs = Math.max(this.#releasedEndMs, next.endMs);
      this.#expectedMs = this.#releasedEndMs;
      count += 1;
      bytes += next.bytes;
    }
    if (count === 0) return [];
    this.#bytes -= bytes;
    this.#onHeld(-bytes);
    return held.splice(0, count).map((packet) => packet.value);
  }

  #continues({ startMs, endMs }: Held<T>): boolean {
    return !this.#instants && startMs - this.#expectedMs <= Math.min(MAX_ROUNDING_MS, (endMs - startMs) / 2);
  }
}
