import type { Clock } from '../../../../pipeline/index.ts';
import type { Fingerprint } from '../sdp/offer.ts';
import type { DtlsIdentity } from './dtls-identity.ts';
import type { SrtpKeys } from './key-schedule.ts';

/** Why a datagram, or a record in it, was dropped. */
export type DtlsDrop =
  /** Not DTLS, or an unreadable handshake message. */
  | 'dtls-malformed'
  /** A plaintext record where encryption is required. Alerts must always be encrypted. */
  | 'dtls-plaintext'
  /** Encrypted with other keys, or a peer's flight that proves nothing. */
  | 'dtls-unauthentic'
  /** Received before. */
  | 'dtls-replayed'
  /** Genuine, but useless at this time: a renegotiation, or data before the handshake is done. */
  | 'dtls-unexpected';

export interface DtlsOptions {
  readonly identity: DtlsIdentity;
  /** Fingerprints from the offer. The peer's certificate must match one of them. */
  readonly fingerprints: readonly Fingerprint[];
  readonly clock: Clock;
  readonly send: (datagram: Buffer) => void;
  /** The peer has proved its identity. */
  readonly onConnected: (keys: SrtpKeys) => void;
  /** One record of the authenticated peer. */
  readonly onData: (bytes: Buffer) => void;
  /** Something arrived that only the peer can have sent. */
  readonly onAlive: () => void;
  /**
   * The peer closed the connection or failed to prove its identity. Called once, unless {@link DtlsEndpoint.close} came
   * first.
   */
  readonly onEnded: (end: 'closed' | 'failed') => void;
  readonly onDropped: (reason: DtlsDrop) => void;
}

/** This side of DTLS with one peer. */
export interface DtlsEndpoint {
  readonly isConnected: boolean;
  /** Handles a datagram from the peer's address. */
  receive(datagram: Buffer): void;
  /** Sends data. Drops it if no peer is connected. */
  send(bytes: Buffer): void;
  /** Sends a close alert to a connected peer. No handler is called afterwards. */
  close(): void;
}
