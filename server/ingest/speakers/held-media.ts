import type { MediaFrame } from '../../../pipeline/index.ts';

export type HeldFrame = Extract<MediaFrame, { kind: 'audio' | 'video' | 'bound' }>;

/** A frame that waits until it is known who speaks. */
export interface Held {
  readonly frame: HeldFrame;
  readonly endMs: number;
  readonly bytes: number;
  readonly isVoiced: boolean;
  /** When it came, ms of the wall clock. */
  readonly cameAtMs: number;
}

/** Media that waits, in the order of its times. */
export class HeldMedia {
  readonly #queue: Held[] = [];
  readonly #onBytes: (bytes: number) => void;
  #bytes = 0;
  #newestMs = 0;

  /** @param onBytes - told when more or fewer bytes are held. */
  constructor(onBytes: (bytes: number) => void) {
    this.#onBytes = onBytes;
  }

  get first(): Held | undefined {
    return this.#queue[0];
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** End of the newest frame that has come, ms. */
  get newestMs(): number {
    return this.#newestMs;
  }

  /** The voice with which the held media begins, or that begins within `pauseMs`. `isOver`: silence of `pauseMs` follows it. */
  firstVoice(pauseMs: number): { readonly endMs: number; readonly isOver: boolean } {
    let voiceEndMs = this.first?.frame.startMs ?? 0;
    for (const { frame, endMs, isVoiced } of this.#queue) {
      if (isVoiced) voiceEndMs = Math.max(voiceEndMs, endMs);
      else if (frame.kind === 'audio' && endMs - voiceEndMs >= pauseMs) return { endMs: voiceEndMs, isOver: true };
    }
    return { endMs: voiceEndMs, isOver: false };
  }

  add(held: Held): void {
    let place = this.#queue.length;
    while (place > 0 && this.#queue[place - 1]!.frame.startMs > held.frame.startMs) place -= 1;
    this.#queue.splice(place, 0, held);
    this.#newestMs = Math.max(this.#newestMs, held.endMs);
    this.#count(held.bytes);
  }

  shift(): Held {
    const held = this.#queue.shift()!;
    this.#count(-held.bytes);
    return held;
  }

  forget(): void {
    this.#queue.length = 0;
    this.#count(-this.#bytes);
  }

  #count(bytes: number): void {
    if (bytes === 0) return;
    this.#bytes += bytes;
    this.#onBytes(bytes);
  }
}
