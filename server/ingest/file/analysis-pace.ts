/**
 * Lets media through as fast as it is analyzed. Media waits while the analysis still works on media that is more than
 * `aheadMs` earlier. An analysis that works on nothing holds back nothing: it can only go on with more media.
 */
export class AnalysisPace {
  readonly #aheadMs: number;
  #pendingFromMs = Number.POSITIVE_INFINITY;
  #isOpen = false;
  #waiting: { readonly mediaTimeMs: number; readonly resume: () => void } | null = null;

  constructor(aheadMs: number) {
    this.#aheadMs = aheadMs;
  }

  /** Says when media of this time may be pushed: at once (undefined), or when the promise resolves. One call at a time. */
  until(mediaTimeMs: number): Promise<void> | undefined {
    if (this.#mayPass(mediaTimeMs)) return undefined;
    return new Promise((resume) => {
      this.#waiting = { mediaTimeMs, resume };
    });
  }

  /** @param fromMs - media time of the oldest media that is being worked on; `Infinity`: nothing is. */
  pending(fromMs: number): void {
    this.#pendingFromMs = fromMs;
    this.#resume();
  }

  /** Lets everything through from now on. */
  open(): void {
    this.#isOpen = true;
    this.#resume();
  }

  #mayPass(mediaTimeMs: number): boolean {
    return this.#isOpen || mediaTimeMs - this.#aheadMs <= this.#pendingFromMs;
  }

  #resume(): void {
    if (this.#waiting === null || !this.#mayPass(this.#waiting.mediaTimeMs)) return;
    const { resume } = this.#waiting;
    this.#waiting = null;
    resume();
  }
}
