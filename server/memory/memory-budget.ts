import type { Subscription } from 'rxjs';
import type { Clock } from '../../pipeline/index.ts';
import { MIB } from '../byte-units.ts';
import { type MemoryOwner, type SessionHeldKind, SessionMemory } from './session-memory.ts';

/** How short memory is. Each level includes the actions of the levels before it. */
type Level = 'none' | 'trim' | 'refuse' | 'close';

const LEVELS: readonly Level[] = ['none', 'trim', 'refuse', 'close'];

/** An action that was taken because memory was short. */
export type MemoryStep = 'trimmed' | 'refused' | 'closed';

/**
 * Why memory is short. `held`: sessions hold too much by their own count. `events`: event logs do. `sockets`: sockets
 * do. `process`: the process uses too much memory. `heap`: its JavaScript heap is nearly full.
 */
export type MemoryReason = 'held' | 'events' | 'sockets' | 'process' | 'heap';

/** Kinds of memory that the budget counts. */
export type BudgetedKind = SessionHeldKind | 'waiting' | 'sockets';

/** Memory that the process uses. */
export interface ProcessMemory {
  /** Bytes in RAM. */
  readonly residentBytes: number;
  /** Bytes of the JavaScript heap, and its limit. */
  readonly heapBytes: number;
  readonly heapLimitBytes: number;
}

export interface MemoryBudgetOptions {
  readonly clock: Clock;
  /** Memory that the process may use, in bytes. Default: no limit. */
  readonly budgetBytes?: number;
  /** Reads how much memory the process uses. Default: the process is not measured. */
  readonly readProcess?: () => ProcessMemory;
  /** Bytes that are held outside the sessions, by kind. Default: none. */
  readonly others?: Readonly<Record<'waiting' | 'sockets', () => number>>;
  /** Closes the sockets that hold most, until all together hold at most `maxBytes`. Returns how many were closed. */
  readonly shrinkSockets?: (maxBytes: number) => number;
  /** Called for each action. `amount`: bytes for `trimmed`, otherwise the number of sessions or sockets. */
  readonly onStep?: (step: MemoryStep, reason: MemoryReason, amount: number, sessionId?: string) => void;
}

/**
 * Share of the memory above the idle server's that sessions may hold by their own count. The rest is for memory that is
 * not counted: garbage before its collection, decoders and running models.
 */
const COUNTED_SHARE = 0.5;
/** Sessions may always hold this much, however small the budget is. */
const MIN_CAPACITY_BYTES = 32 * MIB;
/**
 * Where each level begins: as shares of the sessions' capacity, of the budget for the process, and of the heap's limit.
 */
const HELD_MARKS = { trim: 0.6, refuse: 0.8, close: 1 };
const PROCESS_MARKS = { trim: 0.85, refuse: 0.92, close: 1 };
const HEAP_MARKS = { trim: 0.75, refuse: 0.85, close: 0.95 };
/** Share of the sessions' capacity that all event logs together may hold. */
const EVENTS_SHARE = 0.25;
/** Share of the sessions' capacity for incomplete messages and for data that subscribers have not taken. */
const SOCKETS_SHARE = 0.125;
/** A log is not trimmed below this size. */
const MIN_LOG_BYTES = 64 * 1024;
/** Sessions that hold less than this are neither refused anything nor closed, because it would not help. */
const SMALL_BYTES = 2 * MIB;
/** If refusing has not helped after this time, the largest session is closed, in ms. */
const REFUSE_MS = 10_000;
/** Time after which growth of the process no longer counts, in ms. */
const GROWTH_MS = 5000;
/** Smallest growth of the process that counts, as a share of the budget. */
const GROWTH_SHARE = 1 / 64;
const BUDGET_INTERVAL_MS = 250;

/**
 * The memory of the whole server. When it gets short, old events and pictures are dropped first. Next, new sessions and
 * the media of the largest sessions are refused. Finally the largest session is closed. Small sessions keep working
 * next to large ones.
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
  /** The peak of the process's memory since it was last below its marks, and when it reached that peak. */
  #peakBytes = 0;
  #grewMs = Number.NEGATIVE_INFINITY;

  constructor(options: MemoryBudgetOptions) {
    this.#options = options;
    this.budgetBytes = options.budgetBytes ?? Number.POSITIVE_INFINITY;
    this.#capacityBytes = this.budgetBytes;
  }

  /** Bytes that sessions may hold by their own count. */
  get capacityBytes(): number {
    return this.#capacityBytes;
  }

  /** True while no session may be opened. */
  get isRefusing(): boolean {
    return this.#isAtLeast('refuse');
  }

  /** Bytes that are held now, by kind. */
  held(kind: BudgetedKind): number {
    if (kind !== 'waiting' && kind !== 'sockets') return this.#held[kind];
    return this.#options.others?.[kind]() ?? 0;
  }

  /** Starts the periodic checks. The memory that the process uses now counts as the idle server's. */
  start(): void {
    const idleBytes = this.#options.readProcess?.().residentBytes ?? 0;
    this.#capacityBytes = Math.max(MIN_CAPACITY_BYTES, COUNTED_SHARE * (this.budgetBytes - idleBytes));
    this.#nextCheckBytes = HELD_MARKS.trim * this.#capacityBytes;
    const check = () => this.#check();
    this.#timer = this.#options.clock.scheduler.schedule(function tick() {
      check();
      this.schedule(undefined, BUDGET_INTERVAL_MS);
    }, BUDGET_INTERVAL_MS);
  }

  stop(): void {
    this.#timer?.unsubscribe();
    this.#soon?.unsubscribe();
  }

  /** Starts to count a session's memory, until {@link close}. */
  open(owner: MemoryOwner): SessionMemory {
    const onFreed = (bytes: number): void => this.#options.onStep?.('trimmed', 'held', bytes);
    const session = new SessionMemory(owner, (kind, bytes) => this.#changed(kind, bytes), onFreed);
    this.#sessions.add(session);
    return session;
  }

  /** Stops counting a session of which nothing is kept any more. */
  close(session: SessionMemory): void {
    if (!this.#sessions.delete(session)) return;
    session.endAnalysis();
    session.hold('events', -session.of('events'));
  }

  /** Reports that a session was refused because memory is short. */
  refusedSession(): void {
    this.#options.onStep?.('refused', 'held', 1);
  }

  #changed(kind: SessionHeldKind, bytes: number): void {
    this.#held[kind] += bytes;
    this.#sum += bytes;
    if (this.#sum <= this.#nextCheckBytes) return;
    // Media arrives faster than the periodic checks run, so check soon. Wait until the caller has returned, because it
    // may be a buffer that trimming changes.
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
    // Trimming may have freed enough.
    const isOver = reason === 'held' ? levelOf(this.#usedShare, HELD_MARKS) === 'close' : this.#isAtLeast('close');
    if (isOver || isStuck) this.#closeLargest(reason);
    if (isStuck) this.#shortSinceMs = now;
    this.#nextCheckBytes = Math.max(this.#sum, HELD_MARKS.trim * this.#capacityBytes) + this.#capacityBytes / 32;
  }

  /** Held memory as a share of the capacity. */
  get #usedShare(): number {
    return (this.#sum + this.held('waiting') + this.held('sockets')) / this.#capacityBytes;
  }

  /** The worst level, and its reason. */
  #measure(): readonly [Level, MemoryReason] {
    const levels: [Level, MemoryReason][] = [[levelOf(this.#usedShare, HELD_MARKS), 'held']];
    const usage = this.#options.readProcess?.();
    if (usage !== undefined) {
      levels.push([this.#levelOfProcess(usage.residentBytes), 'process']);
      levels.push([levelOf(usage.heapBytes / usage.heapLimitBytes, HEAP_MARKS), 'heap']);
    }
    return levels.reduce((worst, next) => (LEVELS.indexOf(next[0]) > LEVELS.indexOf(worst[0]) ? next : worst));
  }

  /** A process keeps freed pages and uses them again. It needs more memory only while it still grows. */
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
    // Close at most one session per growth.
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

  /** While memory is short, the largest sessions get no media: those that hold at least half as much as the largest. */
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

  /** Halves the largest logs until all together are small enough. Logs of ended sessions come first. */
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
