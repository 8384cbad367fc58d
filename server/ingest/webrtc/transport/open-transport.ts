import type { PeerGuard } from '../../../peer-guard.ts';
import type { ChosenCodec } from '../sdp/choose-codecs.ts';
import type { Offer } from '../sdp/offer.ts';
import type { MediaTransport, MediaTransportHandlers } from './media-transport.ts';

export interface TransportRequest {
  readonly offer: Offer;
  /** What each accepted media section carries, by mid. */
  readonly chosen: ReadonlyMap<string, ChosenCodec>;
  readonly handlers: MediaTransportHandlers;
  /** Stands around all that the peer's packets set off. */
  readonly guard: PeerGuard;
}

/** The media side of WebRTC: what opens the server's end of each connection. */
export interface PeerTransports {
  /** Whether redundant audio (RFC 2198) gets through. */
  readonly hasRedundancy: boolean;
  /** Whether peers may open channels for messages. */
  readonly hasChannels: boolean;
  /** Opens the end of the connection to the peer that made an offer. */
  open(request: TransportRequest): Promise<MediaTransport>;
}

/** An open media side. */
export interface WebRtcMedia extends PeerTransports {
  /** UDP port that all media comes to; null when there are several. */
  readonly port: number | null;
  close(): Promise<void>;
}
