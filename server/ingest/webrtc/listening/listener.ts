import type { Clock } from '../../../../pipeline/index.ts';
import { Liveness } from '../liveness.ts';
import type { ConnectionHandlers, PassedOn } from '../transport/media-transport.ts';
import type { WebRtcPublisher } from '../webrtc-publisher.ts';

export interface ListenerOptions {
  readonly publisher: WebRtcPublisher;
  /** How long the listener may take to connect, in ms. */
  readonly helloTimeoutMs: number;
  readonly clock: Clock;
  /** Called once, when the listener has left. */
  readonly onClosed: () => void;
}

/** One peer that listens to a publisher and sends nothing. It lives from its offer until it or the publisher leaves. */
export class Listener {
  readonly publisher: WebRtcPublisher;
  readonly handlers: ConnectionHandlers;
  readonly #onClosed: () => void;
  readonly #liveness: Liveness;
  #passedOn: PassedOn | null = null;
  #closed = false;

  constructor({ publisher, helloTimeoutMs, clock, onClosed }: ListenerOptions) {
    this.publisher = publisher;
    this.#onClosed = onClosed;
    const close = () => this.close();
    this.#liveness = new Liveness({ clock, helloTimeoutMs, onNotConnected: close, onVanished: close });
    this.handlers = {
      onConnected: () => this.#liveness.connected(),
      onAlive: () => this.#liveness.alive(),
      onEnded: close,
    };
  }

  /** Takes the connection over. Closes it if the listener has already left. */
  connect(passedOn: PassedOn): void {
    if (this.#closed) passedOn.close();
    else this.#passedOn = passedOn;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#liveness.stop();
    this.#passedOn?.close();
    this.#onClosed();
  }
}
