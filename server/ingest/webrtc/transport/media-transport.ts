import type { LocalTransport } from '../sdp/answer.ts';

/** Why a transport ended. */
export type TransportEnd =
  /** The peer said so. */
  | 'closed'
  /** Its handshake failed, or its certificate is not the one of the offer. */
  | 'failed';

/** A channel for text messages, opened by the peer. */
export interface MessageChannel {
  readonly label: string;
  /** Takes what the peer sends, from now on; binary messages come as null. */
  listen(onText: (text: string | null) => void): void;
  send(text: string): void;
}

/** What becomes of what a transport receives. */
export interface MediaTransportHandlers {
  /** The peer is authenticated: media may come. */
  readonly onConnected: () => void;
  /** Told once, unless the transport was closed on this side. */
  readonly onEnded: (end: TransportEnd) => void;
  /** One RTP packet, decrypted. The receiver owns the bytes. */
  readonly onRtp: (packet: Buffer) => void;
  /** One compound RTCP packet, decrypted. */
  readonly onRtcp: (packet: Buffer) => void;
  readonly onChannel: (channel: MessageChannel) => void;
  /** Any authenticated sign of life. */
  readonly onAlive: () => void;
}

/** An encrypted connection to one WebRTC peer that publishes. */
export interface MediaTransport {
  /** What the answer tells the peer. */
  readonly local: LocalTransport;
  /** Sends a compound RTCP packet; it is dropped while nothing is connected. */
  sendRtcp(packet: Buffer): void;
  /** Ends the connection; no handler is called after it. */
  close(): void;
}
