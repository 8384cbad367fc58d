export type OutgoingKind = 'control' | 'audio' | 'video';

interface Outgoing {
  readonly kind: OutgoingKind;
  readonly data: string | Uint8Array<ArrayBuffer>;
}

/**
 * Messages that wait for a slow connection, in order and within `capacityBytes` (characters of text count as bytes). When
 * it is full, the oldest pictures are dropped, then the oldest audio. Control messages are never dropped.
 */
export class SendQueue {
  readonly #capacityBytes: number;
  #waiting: Outgoing[] = [];
  #bytes = 0;
  readonly #dropped = { audio: 0, video: 0 };

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get droppedAudioPackets(): number {
    return this.#dropped.audio;
  }

  get droppedVideoPackets(): number {
    return this.#dropped.video;
  }

  /** @returns false when control messages alone no longer fit. */
  push(kind: OutgoingKind, data: string | Uint8Array<ArrayBuffer>): boolean {
    this.#waiting.push({ kind, data });
    this.#bytes += data.length;
    while (this.#bytes > this.#capacityBytes && this.#dropOldest('video'));
    while (this.#bytes > this.#capacityBytes && this.#dropOldest('audio'));
    return this.#bytes <= this.#capacityBytes;
  }

  /** The oldest, or undefined when nothing waits. */
  shift(): string | Uint8Array<ArrayBuffer> | undefined {
    const oldest = this.#waiting.shift();
    if (oldest !== undefined) this.#bytes -= oldest.data.length;
    return oldest?.data;
  }

  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }

  #dropOldest(kind: 'audio' | 'video'): boolean {
    const index = this.#waiting.findIndex((outgoing) => outgoing.kind === kind);
    const oldest = this.#waiting[index];
    if (oldest === undefined) return false;
    this.#waiting.splice(index, 1);
    this.#bytes -= oldest.data.length;
    this.#dropped[kind] += 1;
    return true;
  }
}
