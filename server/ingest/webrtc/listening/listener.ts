import type { Subscription } from 'rxjs';
import type { Clock } from '../../../../pipeline/index.ts';
import type { ConnectionHandlers, PassedOn } from '../transport/media-transport.ts';
import type { WebRtcPublisher } from '../webrtc-publisher.ts';

export interface ListenerOptions {
  readonly publisher: WebRtcPublisher;
  /** Time that it has to connect, in ms. */
  readonly helloTimeoutMs: number;
  readonly clock: Clock;
  /** Told once, when it has left. */
  readonly onClosed: () => void;
}

/** Interval of the look at the peer's silence, in ms. */
const TICK_MS = 1000;
/** A peer that shows no sign of life for so long has vanished, in ms; browsers show one every few seconds. */
const VANISHED_MS = 10_000;

/** One peer that hears a publisher and sends nothing: its place, from the offer on until either of the two has left. */
export class Listener {
  readonly publisher: WebRtcPublisher;
  readonly handlers: ConnectionHandlers;
  readonly #clock: Clock;
  readonly #onClosed: () => void;
  #passedOn: PassedOn | null = null;
  #aliveMs: number;
  #timer: Subscription;
  #closed = false;

  constructor({ publisher, helloTimeoutMs, clock, onClosed }: ListenerOptions) {
    this.publisher = publisher;
    this.#clock = clock;
    this.#onClosed = onClosed;
    this.#aliveMs = clock.now();
    this.#timer = clock.scheduler.schedule(() => this.close(), helloTimeoutMs);
    this.handlers = {
      onConnected: () => this.#onConnected(),
      onAlive: () => {
        this.#aliveMs = clock.now();
      },
      onEnded: () => this.close(),
    };
  }

  /** Takes the connection over; one that comes after the end is closed at once. */
  connect(passedOn: PassedOn): void {
    if (this.#closed) passedOn.close();
    else this.#passedOn = passedOn;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer.unsubscribe();
    this.#passedOn?.close();
    this.#onClosed();
  }

  #onConnected(): void {
    if (this.#closed) return;
    this.#timer.unsubscribe();
    this.#aliveMs = this.#clock.now();
    this.#watch();
  }

  #watch(): void {
    this.#timer = this.#clock.scheduler.schedule(() => {
      if (this.#clock.now() - this.#aliveMs > VANISHED_MS) this.close();
      else this.#watch();
    }, TICK_MS);
  }
}
