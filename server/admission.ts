import type { CloseReason } from '../client-sdk/protocol/index.ts';

/** Why the server takes no further connection: it is draining, or it is full. */
export type AdmissionRefusal = Extract<CloseReason, 'shutdown' | 'overloaded'>;

/** Asked before a connection is taken. Null: it may be taken. */
export type AskAdmission = () => AdmissionRefusal | null;

export interface AdmissionOptions {
  /** Connections that may be open at once. */
  readonly maxConnections: number;
  /** Connections that are open now. */
  readonly openConnections: () => number;
}

/**
 * Decides whether the server takes one more connection that stays open: a WebSocket, an event stream, a WebRTC peer or a
 * stream of Zoom. A request that is answered at once needs no admission.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  #isDraining = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Why no further connection can be taken now; null when one can. */
  readonly refuse: AskAdmission = () => {
    if (this.#isDraining) return 'shutdown';
    return this.#options.openConnections() >= this.#options.maxConnections ? 'overloaded' : null;
  };

  /** Refuses every further connection. */
  drain(): void {
    this.#isDraining = true;
  }
}
