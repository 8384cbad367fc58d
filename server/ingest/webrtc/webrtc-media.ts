import type { Clock } from '../../../pipeline/index.ts';
import { createDtlsIdentity } from './dtls/dtls-identity.ts';
import { candidateAddresses } from './ice/candidate-addresses.ts';
import { type IceDrop, UdpMux } from './ice/udp-mux.ts';
import type { HostCandidate } from './sdp/answer.ts';
import { DtlsConnection } from './transport/dtls-connection.ts';
import type { WebRtcMedia } from './transport/open-transport.ts';

export interface WebRtcMediaOptions {
  /** Address on which media is received. */
  readonly host: string;
  /** UDP port. 0: the system chooses. */
  readonly port: number;
  /** Addresses announced to peers instead of this machine's own, for example the public address of a NAT. */
  readonly addresses: readonly string[];
  /** Largest data channel message, in bytes. */
  readonly maxMessageBytes: number;
  readonly clock: Clock;
  readonly onDropped: (reason: IceDrop) => void;
  /** Called with an error that a datagram caused before it was assigned to a peer. */
  readonly onFault: (error: unknown) => void;
}

/**
 * Opens the embedded media side: one UDP port for all peers.
 *
 * @throws ServiceError `port-taken`, `listen-failed`.
 */
export async function openWebRtcMedia(options: WebRtcMediaOptions): Promise<WebRtcMedia> {
  const { clock, maxMessageBytes } = options;
  const [mux, identity] = await Promise.all([
    UdpMux.open({ ...options, now: () => clock.now() }),
    createDtlsIdentity(),
  ]);
  const { port } = mux;
  const candidates: HostCandidate[] = candidateAddresses(options.addresses, mux.address).map((address) => ({
    address,
    port,
  }));
  return {
    port,
    hasRedundancy: true,
    hasChannels: true,
    async open({ offer, handlers, guard }) {
      return new DtlsConnection({ mux, identity, offer, candidates, handlers, guard, clock, maxMessageBytes });
    },
    close: () => mux.close(),
  };
}
