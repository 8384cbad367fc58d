import type { HeldKind, MemoryAccount } from '../../pipeline/index.ts';

/** What a session holds: media and features of its analysis, and the events that are kept for subscribers. */
export type SessionHeldKind = HeldKind | 'events';

/** What the budget may ask of a session. */
export interface MemoryOwner {
  readonly id: string;
  readonly state: 'live' | 'ended';
  readonly events: { trim(maxBytes: number): void };
  /** Ends the session now. */
  abort(reason: 'overloaded'): void;
}

/** Counts what one session holds, on behalf of a {@link MemoryBudget}. */
export class SessionMemory implements MemoryAccount {
  readonly owner: MemoryOwner;
  readonly #held: Record<SessionHeldKind, number> = { audio: 0, pictures: 0, words: 0, features: 0, events: 0 };
  readonly #trims = new Set<() => void>();
  readonly #onChange: (kind: SessionHeldKind, bytes: number) => void;
  #total = 0;
  #isAnalysed = true;
  /** Whether memory is short and the session one of the largest: it takes no media and no track now. */
  isRefused = false;

  constructor(owner: MemoryOwner, onChange: (kind: SessionHeldKind, bytes: number) => void) {
    this.owner = owner;
    this.#onChange = onChange;
  }

  /** Bytes that the session holds. */
  get total(): number {
    return this.#total;
  }

  /** Bytes of one kind. */
  of(kind: SessionHeldKind): number {
    return this.#held[kind];
  }

  hold(kind: SessionHeldKind, bytes: number): void {
    // What a broken-off analysis lets go of later is gone already.
    if (bytes === 0 || !(this.#isAnalysed || kind === 'events')) return;
    this.#held[kind] += bytes;
    this.#total += bytes;
    this.#onChange(kind, bytes);
  }

  onTrim(letGo: () => void): () => void {
    this.#trims.add(letGo);
    return () => this.#trims.delete(letGo);
  }

  /** Lets old media go. Returns the bytes that this saved. */
  trim(): number {
    const before = this.#total;
    for (const letGo of [...this.#trims]) letGo();
    return before - this.#total;
  }

  /** The analysis is over: all that is left are events. */
  endAnalysis(): void {
    for (const kind of ['audio', 'pictures', 'words', 'features'] as const) this.hold(kind, -this.#held[kind]);
    this.#isAnalysed = false;
    this.isRefused = false;
    this.#trims.clear();
  }
}
