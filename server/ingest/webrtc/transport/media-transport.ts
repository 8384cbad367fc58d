import type { LocalTransport } from '../sdp/answer.ts';
import type { ChosenCodec } from '../sdp/choose-codecs.ts';
import type { Offer } from '../sdp/offer.ts';
import type { DatagramDrop } from './datagram-drop.ts';

/** Why a transport ended. */
export type TransportEnd =
  /** The peer said so. */
  | 'closed'
  /** It did not prove that it is the one who made the offer. */
  | 'failed';

/** A channel for text messages, opened by the peer. */
export interface MessageChannel {
  readonly label: string;
  /** Takes what the peer sends, from now on; binary messages come as null. */
  listen(onText: (text: string | null) => void): void;
  send(text: string): void;
}

/** What becomes of a connection. */
export interface ConnectionHandlers {
  /** The peer is authenticated: media may come or go. */
  readonly onConnected: () => void;
  /** Told once, unless the transport was closed on this side. */
  readonly onEnded: (end: TransportEnd) => void;
  /** Any authenticated sign of life. */
  readonly onAlive: () => void;
}

/** What becomes of what a transport receives. */
export interface MediaTransportHandlers extends ConnectionHandlers {
  /** One RTP packet, decrypted. The receiver owns the bytes. */
  readonly onRtp: (packet: Buffer) => void;
  /** One compound RTCP packet, decrypted. */
  readonly onRtcp: (packet: Buffer) => void;
  readonly onChannel: (channel: MessageChannel) => void;
  /** A datagram, or a part of one, came to nothing. */
  readonly onDropped: (reason: DatagramDrop) => void;
}

/** Asks that a publisher's media be passed on to a peer that listens. */
export interface PassOnRequest {
  readonly offer: Offer;
  /** What each accepted media section of the offer carries, by mid. */
  readonly chosen: ReadonlyMap<string, ChosenCodec>;
  readonly handlers: ConnectionHandlers;
}

/** How a stream that is sent names itself. */
export interface SentSource {
  readonly ssrc: number;
  readonly cname: string;
}

/** A peer that listens; it ends with the publisher. */
export interface PassedOn {
  /** What the answer tells the peer. */
  readonly local: LocalTransport;
  /** What it is sent, by mid. */
  readonly sent: ReadonlyMap<string, SentSource>;
  /** Ends the connection; no handler is called after it. */
  close(): void;
}

/** An encrypted connection to one WebRTC peer that publishes. */
export interface MediaTransport {
  /** What the answer tells the peer. */
  readonly local: LocalTransport;
  /** Sends a compound RTCP packet; it is dropped while nothing is connected. */
  sendRtcp(packet: Buffer): void;
  /** Passes the media on, where the transport can. */
  passOn?(request: PassOnRequest): Promise<PassedOn>;
  /** Ends the connection; no handler is called after it. */
  close(): void;
}
