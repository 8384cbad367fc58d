import type { HeldKind, MemoryAccount } from '../../pipeline/index.ts';

/** What a session holds: media and features of its analysis, and events for subscribers. */
export type SessionHeldKind = HeldKind | 'events';

/** What the budget can do with a session. */
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
  readonly #onFreed: (bytes: number) => void;
  #total = 0;
  #isAnalysed = true;
  /** True when memory is short and this session is one of the largest. It then accepts no media and no tracks. */
  isRefused = false;

  constructor(
    owner: MemoryOwner,
    onChange: (kind: SessionHeldKind, bytes: number) => void,
    onFreed: (bytes: number) => void = () => {},
  ) {
    this.owner = owner;
    this.#onChange = onChange;
    this.#onFreed = onFreed;
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
    // When an aborted analysis releases memory later, that memory is no longer counted.
    if (bytes === 0 || !(this.#isAnalysed || kind === 'events')) return;
    this.#held[kind] += bytes;
    this.#total += bytes;
    this.#onChange(kind, bytes);
  }

  onTrim(letGo: () => void): () => void {
    this.#trims.add(letGo);
    return () => this.#trims.delete(letGo);
  }

  /** Reports that another thread has dropped old media, which {@link trim} asked for. */
  freed(bytes: number): void {
    this.#onFreed(bytes);
  }

  /** Drops old media. Returns the number of bytes that this freed at once. */
  trim(): number {
    const before = this.#total;
    for (const letGo of [...this.#trims]) letGo();
    return before - this.#total;
  }

  /** Marks the analysis as over. Only events remain. */
  endAnalysis(): void {
    for (const kind of ['audio', 'pictures', 'words', 'features'] as const) this.hold(kind, -this.#held[kind]);
    this.#isAnalysed = false;
    this.isRefused = false;
    this.#trims.clear();
  }
}
