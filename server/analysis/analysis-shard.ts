import type { Worker } from 'node:worker_threads';
import type { Subscription } from 'rxjs';
import type { SessionEndReason } from '../../client-sdk/protocol/index.ts';
import type { Clock, MediaFrame } from '../../pipeline/index.ts';
import { PictureError } from '../ingest/pictures/picture-error.ts';
import { describeCause } from '../observability/describe-cause.ts';
import { ThreadTurns, type WorkingThread } from '../sessions/thread-turns.ts';
import { FrameBatchWriter } from './frame-batch.ts';
import type { PictureAnswer, SessionRun } from './session-run.ts';
import type { ShardData, ShardReply, ShardRequest, ShardState } from './shard-messages.ts';

export interface AnalysisShardOptions {
  readonly clock: Clock;
  /** Starts an analysis thread with a loan of its own. */
  readonly startThread: (current: ShardData['current']) => Worker;
  /** Called with one line when the thread dies, and what the thread itself logs. */
  readonly log: (message: string) => void;
  /** Called when the thread has died. */
  readonly onRestart: () => void;
}

/** Batches at the thread that it has not taken, and the media of one: some 10 ms of work. */
const MAX_BATCHES = 2;
const BATCH_MEDIA_MS = 1000;
/** Least time between two batches, in ms. A message costs as much as ten frames in it. */
const BATCH_EVERY_MS = 5;
/** Interval at which the thread must take a batch, in ms, and how often it may miss that before it is ended. */
const CHECK_EVERY_MS = 1000;
const MAX_MISSED = 15;
const MAX_MISSED_AT_START = 60;
/** Time that a thread has to end by itself, in ms. */
const STOP_WITHIN_MS = 5000;
const FIRST_RESTART_DELAY_MS = 100;
const MAX_RESTART_DELAY_MS = 10_000;
/** A thread that has lived this long was sound: the next death is the first in a row, in ms. */
const SOUND_MS = 60_000;

/**
 * One place for sessions, with one thread that analyzes them. If the thread dies or hangs, a new one takes its place and
 * its sessions go on there.
 */
export class AnalysisShard implements WorkingThread {
  /** The sessions' turns at the thread. */
  readonly turns: ThreadTurns;
  readonly #options: AnalysisShardOptions;
  readonly #runs = new Map<number, SessionRun>();
  /** When each batch was sent that the thread has not taken. */
  readonly #sentMs: number[] = [];
  #writer = new FrameBatchWriter();
  #thread: Worker | null = null;
  #isReady = false;
  #current: ShardData['current'] = newCurrent();
  #lastSession = 0;
  #lastSentMs = Number.NEGATIVE_INFINITY;
  #timer: Subscription | null = null;
  #checks: Subscription | null = null;
  #restart: Subscription | null = null;
  #missed = 0;
  #bornMs = 0;
  #diedInARow = 0;
  #isClosing = false;
  #state: ShardState | null = null;
  #exited: Promise<unknown> = Promise.resolve();

  constructor(options: AnalysisShardOptions) {
    this.#options = options;
    this.turns = new ThreadTurns({ clock: options.clock, thread: this });
  }

  /** Starts the first thread. Rejects if it does not get ready. */
  async start(): Promise<void> {
    const ready = Promise.withResolvers<void>();
    this.#launch(ready.resolve, ready.reject);
    await ready.promise;
    this.#checks = this.#options.clock.scheduler.schedule(() => this.#check(), CHECK_EVERY_MS);
  }

  /** What the thread last told of itself. Null before, and while there is none. */
  get state(): ShardState | null {
    return this.#state;
  }

  /** Time that the thread has been busy since it started, in ms. */
  get busyMs(): number {
    return this.#thread?.performance.eventLoopUtilization().active ?? 0;
  }

  get isUp(): boolean {
    return this.#isReady;
  }

  get hasRoom(): boolean {
    return this.#isReady && this.#writer.mediaMs < BATCH_MEDIA_MS;
  }

  get lagMs(): number | null {
    if (!this.#isReady) return null;
    const [sentMs] = this.#sentMs;
    return sentMs === undefined ? 0 : this.#options.clock.now() - sentMs;
  }

  get flowCount(): number {
    return this.#runs.size;
  }

  /** Opens a session. Returns its number. */
  open(run: SessionRun): number {
    this.#lastSession += 1;
    this.#runs.set(this.#lastSession, run);
    if (this.#isReady) this.#open(this.#lastSession, run);
    return this.#lastSession;
  }

  push(session: number, frame: MediaFrame): void {
    const run = this.#runs.get(session);
    if (run === undefined) return;
    run.sent(frame);
    // Without a thread only tracks and their ends come here. A new thread is told which tracks are open.
    if (!this.#isReady) {
      run.taken(1);
      return;
    }
    this.#writer.add(session, frame);
    this.#sendSoon();
  }

  end(session: number, reason: SessionEndReason): void {
    this.#runs.get(session)?.ended(reason);
    this.#tell({ kind: 'end', session, reason });
  }

  trim(session: number): void {
    this.#tell({ kind: 'trim', session });
  }

  doubt(): void {
    this.#tell({ kind: 'doubt' });
  }

  close(session: number): void {
    const run = this.#runs.get(session);
    if (run === undefined) return;
    this.#runs.delete(session);
    run.close();
    this.#tell({ kind: 'close', session });
    this.#writer.forget(session);
  }

  /** Ends the thread, without a word to its sessions. */
  async stop(): Promise<void> {
    this.#isClosing = true;
    this.turns.stop();
    for (const timer of [this.#timer, this.#checks, this.#restart]) timer?.unsubscribe();
    this.#post({ kind: 'stop' });
    const limit = this.#options.clock.scheduler.schedule(() => void this.#thread?.terminate(), STOP_WITHIN_MS);
    await this.#exited;
    limit.unsubscribe();
  }

  /** `onReady` is called when the thread is ready, `onRefused` if it ends before. */
  #launch(onReady: () => void, onRefused: (error: Error) => void): void {
    this.#current = newCurrent();
    const thread = this.#options.startThread(this.#current);
    this.#thread = thread;
    this.#missed = 0;
    this.#bornMs = this.#options.clock.now();
    let cause: Error | null = null;
    thread.on('message', (reply: ShardReply) => {
      if (reply.kind === 'ready') {
        this.#ready();
        onReady();
      } else if (reply.kind === 'refused') cause = new Error(reply.message);
      else this.#take(reply);
    });
    thread.on('error', (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    this.#exited = new Promise((resolve) => {
      thread.once('exit', (code) => {
        resolve(undefined);
        if (this.#isClosing) return;
        const limit = this.#missedLimit;
        const hung = this.#missed > limit ? new Error(`it did not answer for ${limit} s`) : null;
        const why = hung ?? cause ?? new Error(`it ended with code ${code}`);
        if (this.#isReady) this.#died(why);
        else onRefused(why);
      });
    });
  }

  #ready(): void {
    this.#isReady = true;
    for (const [session, run] of this.#runs) this.#open(session, run);
    this.turns.resume();
  }

  #open(session: number, run: SessionRun): void {
    const { settings, toldBefore, openTracks, endReason } = run;
    this.#tell({ kind: 'open', session, settings, toldBefore });
    for (const track of openTracks) this.push(session, track);
    if (endReason !== null) this.#tell({ kind: 'end', session, reason: endReason });
  }

  #take(reply: Exclude<ShardReply, { kind: 'ready' | 'refused' }>): void {
    if (reply.kind === 'log') {
      this.#options.log(reply.message);
      return;
    }
    if (reply.kind === 'state') {
      this.#state = reply.state;
      return;
    }
    for (const { session, usedMs, frames } of reply.uses) {
      const run = this.#runs.get(session);
      if (run === undefined) continue;
      run.taken(frames);
      this.turns.charge(run.settings.session.sessionId, usedMs);
    }
    for (const output of reply.outputs) {
      const run = this.#runs.get(output.session);
      if (run?.take(output, this.#answer) === true) this.close(output.session);
    }
    if (reply.done === 0) return;
    this.#sentMs.splice(0, reply.done);
    this.#missed = 0;
    this.#sendSoon();
    this.turns.resume();
  }

  readonly #answer: PictureAnswer = (id, outcome) => {
    if ('image' in outcome) {
      const { widthPx, heightPx } = outcome.image;
      // A raw picture may still be the caller's.
      const bytes = new Uint8Array(outcome.image.bytes);
      this.#post({ kind: 'picture', id, image: { widthPx, heightPx, bytes } }, [bytes.buffer]);
      return;
    }
    const { error } = outcome;
    const { message, cause } = error instanceof Error ? error : { message: String(error), cause: undefined };
    const code = error instanceof PictureError ? error.code : null;
    this.#post({
      kind: 'no-picture',
      id,
      error: { code, message, cause: cause === undefined ? null : describeCause(cause) },
    });
  };

  /** Sends a request behind the frames before it. */
  #tell(request: ShardRequest): void {
    if (!this.#isReady) return;
    if (this.#writer.frameCount > 0) this.#sendNow();
    this.#post(request);
  }

  #post(request: ShardRequest, transfer: readonly ArrayBuffer[] = []): void {
    this.#thread?.postMessage(request, transfer);
  }

  #sendSoon(): void {
    if (this.#timer !== null || this.#writer.frameCount === 0 || this.#sentMs.length >= MAX_BATCHES) return;
    const { clock } = this.#options;
    const waitMs = this.#lastSentMs + BATCH_EVERY_MS - clock.now();
    if (this.#writer.mediaMs >= BATCH_MEDIA_MS) this.#sendNow();
    else this.#timer = clock.scheduler.schedule(() => this.#sendLater(), Math.max(0, waitMs));
  }

  #sendNow(): void {
    this.#timer?.unsubscribe();
    this.#timer = null;
    const now = this.#options.clock.now();
    const { batch, transfer } = this.#writer.take();
    this.#sentMs.push(now);
    this.#lastSentMs = now;
    this.#post({ kind: 'frames', batch }, transfer);
  }

  #sendLater(): void {
    this.#sendNow();
    this.turns.resume();
  }

  /** The thread must take a batch now and then. Ticks are counted, so that a suspended process blames nobody. */
  #check(): void {
    this.#checks = this.#options.clock.scheduler.schedule(() => this.#check(), CHECK_EVERY_MS);
    if (this.#thread === null) return;
    if (this.#isReady && this.#sentMs.length === 0) {
      if (this.#runs.size > 0) this.#sendNow();
      return;
    }
    this.#missed += 1;
    if (this.#missed > this.#missedLimit) void this.#thread.terminate();
  }

  get #missedLimit(): number {
    return this.#isReady ? MAX_MISSED : MAX_MISSED_AT_START;
  }

  #died(error: Error): void {
    const { clock, log, onRestart } = this.#options;
    const cause = new Error('the analysis thread stopped', { cause: error });
    const culprit = this.#current[0];
    this.#diedInARow = clock.now() - this.#bornMs > SOUND_MS ? 0 : this.#diedInARow;
    const delayMs = Math.min(MAX_RESTART_DELAY_MS, FIRST_RESTART_DELAY_MS * 2 ** this.#diedInARow);
    this.#diedInARow += 1;
    this.#thread = null;
    this.#isReady = false;
    this.#state = null;
    this.#timer?.unsubscribe();
    this.#timer = null;
    this.#sentMs.length = 0;
    this.#writer = new FrameBatchWriter();
    onRestart();
    log(`An analysis thread stopped (${describeCause(error).cause}). It starts again in ${delayMs} ms.`);
    for (const [session, run] of [...this.#runs]) {
      if (!run.lost(cause, session === culprit)) this.#runs.delete(session);
    }
    this.#restart = clock.scheduler.schedule(
      () =>
        this.#launch(
          () => {},
          (refused) => this.#died(refused),
        ),
      delayMs,
    );
  }
}

function newCurrent(): ShardData['current'] {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}
