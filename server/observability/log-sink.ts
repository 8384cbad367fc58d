import type { Subscription } from 'rxjs';
import type { Clock } from '../../pipeline/index.ts';

/** Writes bytes and resolves when they are written. It must never block the thread, but may take any amount of time. */
export type WriteLog = (bytes: Buffer) => Promise<void>;

export interface LogSinkOptions {
  readonly write: WriteLog;
  readonly clock: Clock;
  /** Bytes of lines that may wait. Above this limit, the oldest lines are dropped. Default 1 MiB. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 1024 * 1024;
/** Bytes per write, except for a longer line. A pipe that has any room accepts this many at once (`PIPE_BUF`). */
const MAX_WRITE_BYTES = 4096;
/** Pause after a failed write, in ms. A full disk usually stays full for a while. */
const RETRY_MS = 1000;
/** Pino's number for a warning. */
const LEVEL_WARN = 40;

interface WaitingLine {
  readonly text: string;
  readonly bytes: number;
}

/**
 * The destination of log lines. If it accepts no lines, because it is full, closed or never read, then lines are lost
 * and nothing else happens. The number of waiting bytes is limited. Further lines are dropped and counted, and the next
 * line that is written reports how many.
 */
export class LogSink {
  readonly #options: LogSinkOptions;
  readonly #maxBytes: number;
  #waiting: WaitingLine[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  #pause: Subscription | null = null;
  #dropped = 0;
  #toldDropped = 0;
  #idle: (() => void)[] = [];

  constructor(options: LogSinkOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /** Lines that were dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Writes one line, including its newline. Never waits and never throws. */
  write(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.#waiting.push({ text, bytes });
    this.#waitingBytes += bytes;
    while (this.#waitingBytes > this.#maxBytes) {
      this.#waitingBytes -= this.#waiting.shift()!.bytes;
      this.#dropped += 1;
    }
    this.#next();
  }

  /** Resolves when all lines are written, or after `graceMs`. Remaining lines are then lost. */
  async close(graceMs: number): Promise<void> {
    if (!this.#isWriting && this.#waiting.length === 0) return;
    const done = Promise.withResolvers<void>();
    this.#idle.push(done.resolve);
    const timer = this.#options.clock.scheduler.schedule(() => done.resolve(), graceMs);
    await done.promise;
    timer.unsubscribe();
    this.#pause?.unsubscribe();
  }

  #next(): void {
    if (this.#isWriting || this.#pause !== null) return;
    if (this.#waiting.length === 0) {
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    const { lineCount, text, told } = this.#batch();
    this.#isWriting = true;
    this.#options.write(Buffer.from(text)).then(
      () => {
        this.#toldDropped = told;
        this.#isWriting = false;
        this.#next();
      },
      () => {
        this.#dropped += lineCount;
        this.#isWriting = false;
        this.#pause = this.#options.clock.scheduler.schedule(() => {
          this.#pause = null;
          this.#next();
        }, RETRY_MS);
      },
    );
  }

  /** The oldest waiting lines, preceded by a line that reports dropped lines. */
  #batch(): { readonly lineCount: number; readonly text: string; readonly told: number } {
    const told = this.#dropped;
    let lineCount = 0;
    let bytes = 0;
    for (const line of this.#waiting) {
      if (lineCount > 0 && bytes + line.bytes > MAX_WRITE_BYTES) break;
      bytes += line.bytes;
      lineCount += 1;
    }
    const lines = this.#waiting.splice(0, lineCount).map(({ text }) => text);
    this.#waitingBytes -= bytes;
    return { lineCount, text: [this.#loss(told - this.#toldDropped), ...lines].join(''), told };
  }

  #loss(droppedLines: number): string {
    if (droppedLines === 0) return '';
    const time = new Date(this.#options.clock.scheduler.now()).toISOString();
    const msg = 'log lines were dropped: their destination took none';
    return `${JSON.stringify({ level: LEVEL_WARN, time, name: 'undertone', droppedLines, msg })}\n`;
  }
}
