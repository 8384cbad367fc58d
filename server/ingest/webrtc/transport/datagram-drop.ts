import type { DtlsDrop } from '../dtls/dtls-endpoint.ts';
import type { IceDrop } from '../ice/udp-mux.ts';
import type { SctpAssociationDrop } from '../sctp/sctp-association.ts';
import type { SrtpDrop } from './srtp-transport.ts';

/** Why a datagram of a WebRTC peer, or of a possible one, was dropped. */
export type DatagramDrop = IceDrop | DtlsDrop | SrtpDrop | SctpAssociationDrop;
