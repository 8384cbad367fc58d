import type { EmotionEvent } from '../../../client-sdk/index.ts';

/** How often the view is updated while past events are loaded, in ms. */
const HISTORY_MS = 300;

/** Collects events and shows them once per animation frame. Past events are shown in larger parts. */
export class FrameBatch {
  readonly #show: (events: readonly EmotionEvent[]) => void;
  #events: EmotionEvent[] = [];
  #cancel: (() => void) | null = null;

  constructor(show: (events: readonly EmotionEvent[]) => void) {
    this.#show = show;
  }

  /** @param isHistory - whether newer events are certain to follow immediately. */
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

  /** Drops the events that were not shown yet. */
  discard(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#events = [];
  }
}
