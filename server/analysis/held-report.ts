import type { HeldKind, MemoryAccount } from '../../pipeline/index.ts';

/** A change of the held bytes that is reported at once. */
const REPORT_BYTES = 64 * 1024;

/** Counts what the analysis of a session holds, for a thread that counts all sessions. */
export class HeldReport implements MemoryAccount {
  readonly #onHeld: (held: Readonly<Record<HeldKind, number>>) => void;
  readonly #trims = new Set<() => void>();
  readonly #held: Record<HeldKind, number> = { audio: 0, pictures: 0, words: 0, features: 0 };
  #total = 0;
  #told = 0;

  /** @param onHeld - called when the held bytes have changed by 64 KiB. */
  constructor(onHeld: (held: Readonly<Record<HeldKind, number>>) => void) {
    this.#onHeld = onHeld;
  }

  hold(kind: HeldKind, bytes: number): void {
    this.#held[kind] += bytes;
    this.#total += bytes;
    if (Math.abs(this.#total - this.#told) >= REPORT_BYTES) this.#tell();
  }

  onTrim(letGo: () => void): () => void {
    this.#trims.add(letGo);
    return () => this.#trims.delete(letGo);
  }

  /** Lets old media go. Returns the number of bytes that this freed. */
  trim(): number {
    const before = this.#total;
    for (const letGo of [...this.#trims]) letGo();
    this.#tell();
    return before - this.#total;
  }

  #tell(): void {
    this.#told = this.#total;
    this.#onHeld({ ...this.#held });
  }
}
