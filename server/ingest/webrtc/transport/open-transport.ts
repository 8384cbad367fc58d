import type { ChosenCodec } from '../sdp/choose-codecs.ts';
import type { Offer } from '../sdp/offer.ts';
import type { MediaTransport, MediaTransportHandlers } from './media-transport.ts';

export interface TransportRequest {
  readonly offer: Offer;
  /** What each accepted media section carries, by mid. */
  readonly chosen: ReadonlyMap<string, ChosenCodec>;
  readonly handlers: MediaTransportHandlers;
}

/** Opens the server's end of a connection to the peer that made an offer. */
export type OpenTransport = (request: TransportRequest) => Promise<MediaTransport>;
