import type { PeerGuard } from '../../../peer-guard.ts';
import type { ChosenCodec } from '../sdp/choose-codecs.ts';
import type { Offer } from '../sdp/offer.ts';
import type { MediaTransport, MediaTransportHandlers } from './media-transport.ts';

export interface TransportRequest {
  readonly offer: Offer;
  /** What each accepted media section carries, by mid. */
  readonly chosen: ReadonlyMap<string, ChosenCodec>;
  readonly handlers: MediaTransportHandlers;
  /** Catches errors that the peer's packets cause. */
  readonly guard: PeerGuard;
}

/** The media side of WebRTC. Opens the server's end of each connection. */
export interface PeerTransports {
  /** Whether redundant audio (RFC 2198) is passed through. */
  readonly hasRedundancy: boolean;
  /** Whether peers may open data channels. */
  readonly hasChannels: boolean;
  /** Opens the server's end of the connection to the peer that made an offer. */
  open(request: TransportRequest): Promise<MediaTransport>;
}

/** An open media side. */
export interface WebRtcMedia extends PeerTransports {
  /** UDP port of all media. Null if there are several. */
  readonly port: number | null;
  close(): Promise<void>;
}
