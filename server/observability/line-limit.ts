import type { Subscription } from 'rxjs';
import type { Clock } from '../../pipeline/index.ts';

export interface LineLimitOptions {
  readonly clock: Clock;
  /** Lines per key and window that may be written. */
  readonly maxLines: number;
  /** Called at the end of a window with the number of suppressed lines of a key. */
  readonly onSuppressed: (key: string, count: number) => void;
}

const WINDOW_MS = 10_000;

interface Window {
  lines: number;
  untilMs: number;
  suppressed: number;
  timer: Subscription | null;
}

/**
 * Lets the first lines of each kind through and counts the rest. This keeps a flood of failures from flooding the log.
 */
export class LineLimit {
  readonly #options: LineLimitOptions;
  readonly #windows = new Map<string, Window>();

  constructor(options: LineLimitOptions) {
    this.#options = options;
  }

  /**
   * Whether a line may be written now.
   *
   * @param key - from a fixed set, because every key is remembered until {@link close}
   */
  take(key: string): boolean {
    const { clock, maxLines } = this.#options;
    const nowMs = clock.now();
    let window = this.#windows.get(key);
    if (window === undefined) {
      window = { lines: 0, untilMs: nowMs + WINDOW_MS, suppressed: 0, timer: null };
      this.#windows.set(key, window);
    } else if (nowMs >= window.untilMs) {
      this.#tell(key, window);
      window.lines = 0;
      window.untilMs = nowMs + WINDOW_MS;
    }
    window.lines += 1;
    if (window.lines <= maxLines) return true;
    window.suppressed += 1;
    const waiting = window;
    window.timer ??= clock.scheduler.schedule(() => this.#tell(key, waiting), window.untilMs - nowMs);
    return false;
  }

  /** Reports the remaining suppressed lines and stops the timers. */
  close(): void {
    for (const [key, window] of this.#windows) this.#tell(key, window);
    this.#windows.clear();
  }

  #tell(key: string, window: Window): void {
    const { suppressed } = window;
    window.timer?.unsubscribe();
    window.timer = null;
    window.suppressed = 0;
    if (suppressed > 0) this.#options.onSuppressed(key, suppressed);
  }
}
