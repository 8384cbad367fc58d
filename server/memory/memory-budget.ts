import type { Subscription } from 'rxjs';
import type { Clock } from '../../pipeline/index.ts';
import { MIB } from '../byte-units.ts';
import { type MemoryOwner, type SessionHeldKind, SessionMemory } from './session-memory.ts';

/** How short memory is: each level includes those before it. */
type Level = 'none' | 'trim' | 'refuse' | 'close';

const LEVELS: readonly Level[] = ['none', 'trim', 'refuse', 'close'];

/** What was done because memory was short. */
export type MemoryStep = 'trimmed' | 'refused' | 'closed';

/**
 * Why: sessions hold too much by their own count; event logs do; sockets do; the process has too much in use; its heap is
 * nearly full.
 */
export type MemoryReason = 'held' | 'events' | 'sockets' | 'process' | 'heap';

/** Kinds of memory that the budget counts. */
export type BudgetedKind = SessionHeldKind | 'waiting' | 'sockets';

/** What the process has in use. */
export interface ProcessMemory {
  /** Bytes in RAM. */
  readonly residentBytes: number;
  /** Bytes of the JavaScript heap, and the most that it may have. */
  readonly heapBytes: number;
  readonly heapLimitBytes: number;
}

export interface MemoryBudgetOptions {
  readonly clock: Clock;
  /** Memory that the process may use. Default: no limit. */
  readonly budgetBytes?: number;
  /** Reads what the process uses. Default: nothing is known. */
  readonly readProcess?: () => ProcessMemory;
  /** Bytes that are held beside the sessions, by kind. Default: none. */
  readonly others?: Readonly<Record<'waiting' | 'sockets', () => number>>;
  /** Cuts sockets that hold most until all together hold so much at most. Returns how many were cut. */
  readonly shrinkSockets?: (maxBytes: number) => number;
  /** Told of each step: bytes for `trimmed`, else how many sessions or sockets. */
  readonly onStep?: (step: MemoryStep, reason: MemoryReason, amount: number, sessionId?: string) => void;
}

/**
 * Share of the memory above the idle server's that sessions may hold by their own count. The rest is for what the count
 * leaves out: garbage that is not collected yet, decoders, models at work.
 */
const COUNTED_SHARE = 0.5;
/** Sessions may hold so much, however small the budget is. */
const MIN_CAPACITY_BYTES = 32 * MIB;
/** Where each level begins: as a share of what sessions may hold, of the budget for the process, of the heap's limit. */
const HELD_MARKS = { trim: 0.6, refuse: 0.8, close: 1 };
const PROCESS_MARKS = { trim: 0.85, refuse: 0.92, close: 1 };
const HEAP_MARKS = { trim: 0.75, refuse: 0.85, close: 0.95 };
/** Share of what sessions may hold that all event logs together may have. */
const EVENTS_SHARE = 0.25;
/** Share of it that parts of messages, and what subscribers have not taken, may have. */
const SOCKETS_SHARE = 0.125;
/** A log is not cut below this. */
const MIN_LOG_BYTES = 64 * 1024;
/** Sessions that hold less are neither refused anything nor closed: it would not help. */
const SMALL_BYTES = 2 * MIB;
/** Refusing that does not help within so long is followed by closing, in ms. */
const REFUSE_MS = 10_000;
/** How long growth of the process counts, in ms. */
const GROWTH_MS = 5000;
/** Growth of the process that counts, as a share of the budget. */
const GROWTH_SHARE = 1 / 64;
const TICK_MS = 250;

/**
 * The memory of the whole server. When it gets short, old events and pictures go first. Then new sessions are refused, and
 * the media of the largest. Last the largest session is closed. A small session keeps working beside large ones.
 */
export class MemoryBudget {
  readonly budgetBytes: number;
  readonly #options: MemoryBudgetOptions;
  readonly #sessions = new Set<SessionMemory>();
  readonly #held: Record<SessionHeldKind, number> = { audio: 0, pictures: 0, words: 0, features: 0, events: 0 };
  #capacityBytes: number;
  #sum = 0;
  #nextCheckBytes = Number.POSITIVE_INFINITY;
  #soon: Subscription | null = null;
  #timer: Subscription | null = null;
  #level: Level = 'none';
  #shortSinceMs: number | null = null;
  /** The most that the process used since it was last below its marks, and when it rose to that. */
  #peakBytes = 0;
  #grewMs = Number.NEGATIVE_INFINITY;

  constructor(options: MemoryBudgetOptions) {
    this.#options = options;
    this.budgetBytes = options.budgetBytes ?? Number.POSITIVE_INFINITY;
    this.#capacityBytes = this.budgetBytes;
  }

  /** What sessions may hold by their own count, in bytes. */
  get capacityBytes(): number {
    return this.#capacityBytes;
  }

  /** True while no session may be opened. */
  get isRefusing(): boolean {
    return this.#isAtLeast('refuse');
  }

  /** Bytes held now, by kind. */
  held(kind: BudgetedKind): number {
    if (kind !== 'waiting' && kind !== 'sockets') return this.#held[kind];
    return this.#options.others?.[kind]() ?? 0;
  }

  /** Starts to watch. What the process uses now counts as the idle server's. */
  start(): void {
    const idleBytes = this.#options.readProcess?.().residentBytes ?? 0;
    this.#capacityBytes = Math.max(MIN_CAPACITY_BYTES, COUNTED_SHARE * (this.budgetBytes - idleBytes));
    this.#nextCheckBytes = HELD_MARKS.trim * this.#capacityBytes;
    const check = () => this.#check();
    this.#timer = this.#options.clock.scheduler.schedule(function tick() {
      check();
      this.schedule(undefined, TICK_MS);
    }, TICK_MS);
  }

  stop(): void {
    this.#timer?.unsubscribe();
    this.#soon?.unsubscribe();
  }

  /** Counts for a session, until {@link close}. */
  open(owner: MemoryOwner): SessionMemory {
    const session = new SessionMemory(owner, (kind, bytes) => this.#changed(kind, bytes));
    this.#sessions.add(session);
    return session;
  }

  /** Nothing is kept of the session any more. */
  close(session: SessionMemory): void {
    if (!this.#sessions.delete(session)) return;
    session.endAnalysis();
    session.hold('events', -session.of('events'));
  }

  /** A session was refused because memory is short. */
  refusedSession(): void {
    this.#options.onStep?.('refused', 'held', 1);
  }

  #changed(kind: SessionHeldKind, bytes: number): void {
    this.#held[kind] += bytes;
    this.#sum += bytes;
    if (this.#sum <= this.#nextCheckBytes) return;
    // Media comes faster than the watch ticks. Trimming waits until the caller, which may be a buffer, has returned.
    this.#nextCheckBytes = this.#sum + this.#capacityBytes / 32;
    this.#rise(levelOf(this.#usedShare, HELD_MARKS), 'held', this.#level);
    this.#soon ??= this.#options.clock.scheduler.schedule(() => {
      this.#soon = null;
      this.#check();
    }, 0);
  }

  #check(): void {
    this.#trimEvents();
    const cut = this.#options.shrinkSockets?.(SOCKETS_SHARE * this.#capacityBytes) ?? 0;
    if (cut > 0) this.#options.onStep?.('closed', 'sockets', cut);
    const [level, reason] = this.#measure();
    const before = this.#level;
    this.#level = 'none';
    this.#rise(level, reason, before);
    if (this.#isAtLeast('trim')) this.#trimMedia(reason);
    const now = this.#options.clock.now();
    if (!this.#isAtLeast('refuse')) this.#shortSinceMs = null;
    else this.#shortSinceMs ??= now;
    const isStuck = this.#shortSinceMs !== null && now - this.#shortSinceMs > REFUSE_MS;
    // What was trimmed may have been enough.
    const isOver = reason === 'held' ? levelOf(this.#usedShare, HELD_MARKS) === 'close' : this.#isAtLeast('close');
    if (isOver || isStuck) this.#closeLargest(reason);
    if (isStuck) this.#shortSinceMs = now;
    this.#nextCheckBytes = Math.max(this.#sum, HELD_MARKS.trim * this.#capacityBytes) + this.#capacityBytes / 32;
  }

  /** What is held, as a share of what may be. */
  get #usedShare(): number {
    return (this.#sum + this.held('waiting') + this.held('sockets')) / this.#capacityBytes;
  }

  /** How short memory is, by whatever is shortest. */
  #measure(): readonly [Level, MemoryReason] {
    const levels: [Level, MemoryReason][] = [[levelOf(this.#usedShare, HELD_MARKS), 'held']];
    const usage = this.#options.readProcess?.();
    if (usage !== undefined) {
      levels.push([this.#levelOfProcess(usage.residentBytes), 'process']);
      levels.push([levelOf(usage.heapBytes / usage.heapLimitBytes, HEAP_MARKS), 'heap']);
    }
    return levels.reduce((worst, next) => (LEVELS.indexOf(next[0]) > LEVELS.indexOf(worst[0]) ? next : worst));
  }

  /** A process keeps pages that it freed, and uses them again: only where it still grows is more needed. */
  #levelOfProcess(residentBytes: number): Level {
    const { clock } = this.#options;
    const level = levelOf(residentBytes / this.budgetBytes, PROCESS_MARKS);
    if (level === 'none') {
      this.#peakBytes = 0;
      return 'none';
    }
    if (residentBytes > this.#peakBytes + GROWTH_SHARE * this.budgetBytes) {
      this.#peakBytes = residentBytes;
      this.#grewMs = clock.now();
      return level;
    }
    if (clock.now() - this.#grewMs > GROWTH_MS) return 'none';
    // One session at most for each growth.
    return level === 'close' ? 'refuse' : level;
  }

  #rise(level: Level, reason: MemoryReason, before: Level): void {
    if (LEVELS.indexOf(level) > LEVELS.indexOf(this.#level)) this.#level = level;
    this.#markRefused();
    const began = this.#isAtLeast('refuse') && LEVELS.indexOf(before) < LEVELS.indexOf('refuse');
    if (began) this.#options.onStep?.('refused', reason, 0);
  }

  #isAtLeast(level: Level): boolean {
    return LEVELS.indexOf(this.#level) >= LEVELS.indexOf(level);
  }

  /** While memory is short, the largest sessions take nothing: those with at least half of what the largest holds. */
  #markRefused(): void {
    const isShort = this.#isAtLeast('refuse');
    const limit = isShort ? Math.max(SMALL_BYTES, this.#largestBytes() / 2) : Number.POSITIVE_INFINITY;
    for (const session of this.#sessions) session.isRefused = session.total >= limit && isLive(session);
  }

  #largestBytes(): number {
    let bytes = 0;
    for (const session of this.#sessions) if (isLive(session)) bytes = Math.max(bytes, session.total);
    return bytes;
  }

  #trimMedia(reason: MemoryReason): void {
    const limit = Math.max(SMALL_BYTES, this.#largestBytes() / 2);
    let bytes = 0;
    for (const session of this.#sessions) if (session.total >= limit) bytes += session.trim();
    if (bytes > 0) this.#options.onStep?.('trimmed', reason, bytes);
  }

  /** Halves the largest logs, those of ended sessions first, until all together have room. */
  #trimEvents(): void {
    const before = this.#held.events;
    const maxBytes = EVENTS_SHARE * this.#capacityBytes;
    if (before <= maxBytes) return;
    while (this.#held.events > 0.9 * maxBytes) {
      const session = this.#largestLog('ended') ?? this.#largestLog('live');
      if (session === null) break;
      const bytes = session.of('events');
      session.owner.events.trim(Math.max(MIN_LOG_BYTES, bytes / 2));
      if (session.of('events') === bytes) break;
    }
    this.#options.onStep?.('trimmed', 'events', before - this.#held.events);
  }

  #largestLog(state: 'live' | 'ended'): SessionMemory | null {
    let largest: SessionMemory | null = null;
    for (const session of this.#sessions) {
      const bytes = session.of('events');
      if (session.owner.state !== state || bytes <= 2 * MIN_LOG_BYTES) continue;
      if (largest === null || bytes > largest.of('events')) largest = session;
    }
    return largest;
  }

  #closeLargest(reason: MemoryReason): void {
    let largest: SessionMemory | null = null;
    for (const session of this.#sessions) {
      if (isLive(session) && session.total > (largest?.total ?? SMALL_BYTES)) largest = session;
    }
    if (largest === null) return;
    this.#options.onStep?.('closed', reason, 1, largest.owner.id);
    largest.owner.abort('overloaded');
  }
}

function isLive({ owner }: SessionMemory): boolean {
  return owner.state === 'live';
}

function levelOf(share: number, marks: Readonly<Record<'trim' | 'refuse' | 'close', number>>): Level {
  if (share >= marks.close) return 'close';
  if (share >= marks.refuse) return 'refuse';
  return share >= marks.trim ? 'trim' : 'none';
}
