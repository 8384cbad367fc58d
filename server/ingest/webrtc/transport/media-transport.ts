import type { LocalTransport } from '../sdp/answer.ts';
import type { ChosenCodec } from '../sdp/choose-codecs.ts';
import type { Offer } from '../sdp/offer.ts';
import type { DatagramDrop } from './datagram-drop.ts';

/** Why a transport ended. */
export type TransportEnd =
  /** The peer closed it. */
  | 'closed'
  /** The peer did not prove that it made the offer. */
  | 'failed';

/** A channel for text messages, opened by the peer. */
export interface MessageChannel {
  readonly label: string;
  /** Sets the receiver of the peer's messages from now on. Binary messages arrive as null. */
  listen(onText: (text: string | null) => void): void;
  send(text: string): void;
}

/** Receives a connection's changes. */
export interface ConnectionHandlers {
  /** The peer is authenticated. Media may flow. */
  readonly onConnected: () => void;
  /** Called once, unless this side closed the transport. */
  readonly onEnded: (end: TransportEnd) => void;
  /** Any authenticated sign of life. */
  readonly onAlive: () => void;
}

/** Receives what arrives on a transport. */
export interface MediaTransportHandlers extends ConnectionHandlers {
  /** One decrypted RTP packet. The receiver owns the bytes. */
  readonly onRtp: (packet: Buffer) => void;
  /** One decrypted compound RTCP packet. */
  readonly onRtcp: (packet: Buffer) => void;
  readonly onChannel: (channel: MessageChannel) => void;
  /** A datagram, or part of one, was dropped. */
  readonly onDropped: (reason: DatagramDrop) => void;
}

/** Asks to pass a publisher's media on to a listener. */
export interface PassOnRequest {
  readonly offer: Offer;
  /** What each accepted media section of the offer carries, by mid. */
  readonly chosen: ReadonlyMap<string, ChosenCodec>;
  readonly handlers: ConnectionHandlers;
}

/** How a sent stream identifies itself. */
export interface SentSource {
  readonly ssrc: number;
  readonly cname: string;
}

/** A connection to a listener. It ends with the publisher. */
export interface PassedOn {
  /** The transport parameters for the answer. */
  readonly local: LocalTransport;
  /** The streams that are sent, by mid. */
  readonly sent: ReadonlyMap<string, SentSource>;
  /** Ends the connection. No handler is called afterwards. */
  close(): void;
}

/** An encrypted connection to one WebRTC peer that publishes. */
export interface MediaTransport {
  /** The transport parameters for the answer. */
  readonly local: LocalTransport;
  /** Sends a compound RTCP packet. Drops it if nothing is connected. */
  sendRtcp(packet: Buffer): void;
  /** Passes the media on. Missing if the transport cannot. */
  passOn?(request: PassOnRequest): Promise<PassedOn>;
  /** Ends the connection. No handler is called afterwards. */
  close(): void;
}
