import type { EmotionEvent } from '../../client-sdk/protocol/index.ts';
import type { Models } from '../../models/index.ts';
import type { Clock } from '../../pipeline/index.ts';

export interface ReadinessOptions {
  readonly models: Pick<Models, 'failing' | 'doubt'>;
  readonly clock: Clock;
  /** Whether new calls are refused because the calls in progress need all of the server's time. */
  readonly isFull: () => boolean;
}

/** Number of consecutive utterances that no model could score before the server is not ready. */
const FAILED_IN_A_ROW = 8;
/** Time without another failure after which the server is ready again, in ms. */
const TRY_AGAIN_MS = 60_000;

/** Whether new calls would be scored now, and if not, why. */
export class Readiness {
  readonly #options: ReadinessOptions;
  #state: 'starting' | 'serving' | 'closing' = 'starting';
  #failedInARow = 0;
  #lastFailedMs = 0;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  enter(state: 'serving' | 'closing'): void {
    this.#state = state;
  }

  /** Receives every event of every session. */
  event(event: EmotionEvent): void {
    if (event.type === 'utterance.emotion') {
      this.#failedInARow = 0;
    } else if (event.type === 'utterance.failed' && event.code === 'model-failed') {
      this.#failedInARow += 1;
      this.#lastFailedMs = this.#options.clock.now();
      // Check the models at the first failure, the second, the fourth and so on: rare enough to cost nothing, early
      // enough to name the failing model.
      if (Number.isInteger(Math.log2(this.#failedInARow))) this.#options.models.doubt();
    }
  }

  /** Why no new call should come here, in words that anyone may read. Empty when calls are welcome. */
  reasons(): readonly string[] {
    if (this.#state === 'starting') return ['the server is starting'];
    if (this.#state === 'closing') return ['the server is shutting down'];
    const { models, clock } = this.#options;
    if (this.#options.isFull()) return ['the server is too busy to take another call'];
    const failing = models.failing();
    if (failing.length > 0) return failing;
    const isRecent = clock.now() - this.#lastFailedMs < TRY_AGAIN_MS;
    if (this.#failedInARow < FAILED_IN_A_ROW || !isRecent) return [];
    return ['the models failed at every one of the last utterances'];
  }
}
