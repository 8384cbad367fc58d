import type { Warn } from './analysis-warning.ts';

/** What could not be decoded of a track. Told once, when the track has been read. */
export class TrackDamage {
  readonly #media: 'audio' | 'video';
  readonly #warn: Warn;
  #packets = 0;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = 0;
  #cause: unknown;

  constructor(media: 'audio' | 'video', warn: Warn) {
    this.#media = media;
    this.#warn = warn;
  }

  /** The error of the first packet that could not be decoded. Undefined: there was none. */
  get cause(): unknown {
    return this.#cause;
  }

  add(startMs: number, endMs: number, cause: unknown): void {
    this.#packets++;
    this.#firstMs = Math.min(this.#firstMs, Math.max(0, startMs));
    this.#lastMs = Math.max(this.#lastMs, endMs);
    this.#cause ??= cause;
  }

  tell(): void {
    if (this.#packets === 0) return;
    this.#warn({
      code: `${this.#media}-damaged`,
      message: `the ${this.#media === 'audio' ? 'sound' : 'picture'} is damaged; what could not be decoded is missing from the analysis`,
      startMs: this.#firstMs,
      endMs: this.#lastMs,
    });
  }
}
