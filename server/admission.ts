import type { CloseReason } from '../client-sdk/protocol/index.ts';

/** Why the server takes no further connection: it is draining, or it is full. */
export type AdmissionRefusal = Extract<CloseReason, 'shutdown' | 'overloaded'>;

/** Called before a connection is accepted. Null: it may be accepted. */
export type AskAdmission = () => AdmissionRefusal | null;

export interface AdmissionOptions {
  /** Connections that may be open at the same time. */
  readonly maxConnections: number;
  /** Connections that are open now. */
  readonly openConnections: () => number;
}

/**
 * Decides whether the server accepts one more long-lived connection: a WebSocket, an event stream, a WebRTC peer or a
 * Zoom stream. A request that is answered at once needs no admission.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  #isDraining = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Why no further connection can be accepted now. Null when one can. */
  readonly refuse: AskAdmission = () => {
    if (this.#isDraining) return 'shutdown';
    return this.#options.openConnections() >= this.#options.maxConnections ? 'overloaded' : null;
  };

  /** Refuses all further connections. */
  drain(): void {
    this.#isDraining = true;
  }
}
