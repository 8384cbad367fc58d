import type { EmotionEvent } from '../../../client-sdk/index.ts';

/** How often the past is shown while it is read in, ms. */
const HISTORY_MS = 300;

/** Gathers events and hands them on once an animation frame, or in larger parts while they are of the past. */
export class FrameBatch {
  readonly #show: (events: readonly EmotionEvent[]) => void;
  #events: EmotionEvent[] = [];
  #cancel: (() => void) | null = null;

  constructor(show: (events: readonly EmotionEvent[]) => void) {
    this.#show = show;
  }

  /** @param isHistory - whether newer events are known to follow at once. */
  push(event: EmotionEvent, isHistory: boolean): void {
    this.#events.push(event);
    if (this.#cancel !== null) return;
    const flush = (): void => {
      const events = this.#events;
      this.discard();
      this.#show(events);
    };
    if (isHistory) {
      const timer = setTimeout(flush, HISTORY_MS);
      this.#cancel = () => clearTimeout(timer);
    } else {
      const frame = requestAnimationFrame(flush);
      this.#cancel = () => cancelAnimationFrame(frame);
    }
  }

  /** Lets go of what was not handed on. */
  discard(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#events = [];
  }
}
