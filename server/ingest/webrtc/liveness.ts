import type { Subscription } from 'rxjs';
import type { Clock } from '../../../pipeline/index.ts';

export interface LivenessOptions {
  readonly clock: Clock;
  /** How long the peer may take to connect, in ms. */
  readonly helloTimeoutMs: number;
  /** Called once if the peer does not connect in time. */
  readonly onNotConnected: () => void;
  /** Called once if a connected peer has shown no sign of life for {@link VANISHED_MS}. */
  readonly onVanished: () => void;
  /** Called once per second while the peer is connected and alive. */
  readonly onTick?: () => void;
}

/** Interval of the checks, in ms. */
const LIVENESS_INTERVAL_MS = 1000;
/** A peer without a sign of life for this long has vanished, in ms. Browsers send one every few seconds. */
export const VANISHED_MS = 10_000;

/** Watches whether a WebRTC peer connects in time, and whether it is still there after that. */
export class Liveness {
  readonly #options: LivenessOptions;
  #aliveMs: number;
  #isStopped = false;
  #timer: Subscription;

  constructor(options: LivenessOptions) {
    const { clock, helloTimeoutMs, onNotConnected } = options;
    this.#options = options;
    this.#aliveMs = clock.now();
    this.#timer = clock.scheduler.schedule(() => {
      this.stop();
      onNotConnected();
    }, helloTimeoutMs);
  }

  /** The peer has connected. From now on it must show signs of life. */
  connected(): void {
    if (this.#isStopped) return;
    this.#timer.unsubscribe();
    this.alive();
    this.#watch();
  }

  /** The peer showed a sign of life. */
  alive(): void {
    this.#aliveMs = this.#options.clock.now();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer.unsubscribe();
  }

  #watch(): void {
    const { clock, onVanished, onTick } = this.#options;
    this.#timer = clock.scheduler.schedule(() => {
      if (clock.now() - this.#aliveMs > VANISHED_MS) {
        this.stop();
        onVanished();
        return;
      }
      onTick?.();
      if (!this.#isStopped) this.#watch();
    }, LIVENESS_INTERVAL_MS);
  }
}
