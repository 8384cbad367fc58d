import { networkInterfaces } from 'node:os';
import { UdpMux } from './ice/udp-mux.ts';
import type { HostCandidate } from './sdp/answer.ts';
import { DtlsConnection } from './transport/dtls-connection.ts';
import type { WebRtcMedia } from './transport/open-transport.ts';

export interface WebRtcMediaOptions {
  /** Address that media is received on. */
  readonly host: string;
  /** UDP port; 0 lets the system choose. */
  readonly port: number;
  /** Addresses that peers are told instead of this machine's own: a public one behind a NAT. */
  readonly addresses: readonly string[];
  /** Largest data channel message, in bytes. */
  readonly maxMessageBytes: number;
}

/**
 * Opens the embedded media side: one UDP port for all peers.
 *
 * @throws ServiceError `port-taken`, `listen-failed`.
 */
export async function openWebRtcMedia(options: WebRtcMediaOptions): Promise<WebRtcMedia> {
  const [mux] = await Promise.all([UdpMux.open(options.host, options.port), DtlsConnection.prepare()]);
  const { port } = mux;
  const candidates: HostCandidate[] = candidateAddresses(options, mux.address).map((address) => ({ address, port }));
  const { maxMessageBytes } = options;
  return {
    port,
    hasRedundancy: true,
    hasChannels: true,
    async open({ offer, handlers }) {
      return new DtlsConnection({ mux, offer, candidates, handlers, maxMessageBytes });
    },
    close: () => mux.close(),
  };
}

function candidateAddresses({ addresses }: WebRtcMediaOptions, boundAddress: string): readonly string[] {
  if (addresses.length > 0) return addresses;
  if (boundAddress !== '0.0.0.0' && boundAddress !== '::') return [boundAddress];
  const own = Object.values(networkInterfaces())
    .flatMap((interfaces) => interfaces ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:') && !address.startsWith('169.254.'))
    .filter(({ family }) => boundAddress === '::' || family === 'IPv4')
    .map(({ address }) => address);
  return own.length > 0 ? own : ['127.0.0.1'];
}
