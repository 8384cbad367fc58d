import { BlockList, isIP, isIPv6 } from 'node:net';
import { type Config, DEFAULT_PORT } from '../../../config/config-schema.ts';
import { isLoopback } from '../../../config/is-loopback.ts';
import { candidateAddresses } from '../../../ingest/webrtc/ice/candidate-addresses.ts';
import { MEDIASOUP_PORTS } from '../../../ingest/webrtc/mediasoup/mediasoup-media.ts';
import { type Finding, failure, ok, warning } from '../finding.ts';
import { type BindProbe, bindUdp } from '../probes/bind.ts';
import { findPortOwner, type PortOwnerProbe } from '../probes/port-owner.ts';
import { portFinding } from './http-port.ts';

export interface WebRtcProbes {
  readonly bind: BindProbe;
  readonly ownerOf: PortOwnerProbe;
  /** Addresses that publishers receive, from the configuration and the machine's interfaces. */
  readonly addressesOf: typeof candidateAddresses;
}

type WebRtcConfig = Pick<Config, 'host' | 'port' | 'webrtc' | 'webrtcPort' | 'webrtcAddresses'>;

const MAX_PORT = 65_535;

/** Networks that cannot be reached from outside. */
const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
] as const) {
  PRIVATE.addSubnet(network, prefix);
}
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** Checks whether WebRTC media can arrive: the UDP ports, and the addresses that publishers receive. */
export async function checkWebRtc(
  config: WebRtcConfig,
  probes: WebRtcProbes = { bind: bindUdp, ownerOf: findPortOwner, addressesOf: candidateAddresses },
): Promise<Finding[]> {
  if (config.webrtc === 'off') return [ok('off')];
  const ports = config.webrtc === 'mediasoup' ? await checkRange(config, probes) : await checkPort(config, probes);
  return [...ports, ...checkAddresses(config, probes)];
}

async function checkPort(
  { host, port, webrtcPort }: WebRtcConfig,
  { bind, ownerOf }: WebRtcProbes,
): Promise<Finding[]> {
  const address = ipOf(host);
  const wanted = webrtcPort ?? port ?? DEFAULT_PORT;
  const code = await bind(address, wanted);
  if (code === null)
    return [ok(wanted === 0 ? `any free UDP port of ${host}` : `UDP port ${wanted} of ${host} is free`)];
  if (code !== 'EADDRINUSE') return [portFinding(host, wanted, code)];
  const owner = await ownerOf(wanted, 'udp');
  const taken = `UDP port ${wanted} of ${host} is taken${owner === null ? '' : ` by ${owner}`}`;
  return webrtcPort === undefined
    ? [warning(`${taken}; any free one will be used`, 'Give --webrtc-port where a firewall must know it.')]
    : [failure(taken, 'Stop that process, or choose another port with --webrtc-port.')];
}

async function checkRange({ host, webrtcPort }: WebRtcConfig, { bind }: WebRtcProbes): Promise<Finding[]> {
  if (webrtcPort === undefined) return [ok('mediasoup chooses UDP ports of 10000…59999; --webrtc-port narrows them')];
  const last = webrtcPort + MEDIASOUP_PORTS - 1;
  if (webrtcPort === 0 || last > MAX_PORT) {
    const advice = `Set --webrtc-port to 1…${MAX_PORT - MEDIASOUP_PORTS + 1}.`;
    return [failure(`mediasoup needs ${MEDIASOUP_PORTS} UDP ports from ${webrtcPort} on`, advice)];
  }
  let takenCount = 0;
  for (let port = webrtcPort; port <= last; port += 1) {
    const code = await bind(ipOf(host), port);
    if (code !== null && code !== 'EADDRINUSE') return [portFinding(host, port, code)];
    if (code !== null) takenCount += 1;
  }
  if (takenCount === 0) return [ok(`UDP ports ${webrtcPort}…${last} of ${host} are free`)];
  const message = `${takenCount} of the UDP ports ${webrtcPort}…${last} of ${host} are taken`;
  return [warning(message, 'Choose a range that nothing else uses with --webrtc-port.')];
}

function checkAddresses({ host, webrtcAddresses }: WebRtcConfig, { addressesOf }: WebRtcProbes): Finding[] {
  const told = addressesOf(webrtcAddresses, ipOf(host));
  const list = told.join(', ');
  const unspecified = webrtcAddresses.find((address) => address === '0.0.0.0' || address === '::');
  if (unspecified !== undefined) {
    return [failure(`nobody can send to ${unspecified}`, 'Name real addresses in --webrtc-addresses, or none.')];
  }
  if (isLoopback(host)) {
    return told.every(isLoopback)
      ? [ok(`publishers on this machine are told ${list}`)]
      : [
          warning(
            `publishers are told ${list}, but ${host} is listened on`,
            'Set --host to 0.0.0.0 or to that address.',
          ),
        ];
  }
  if (told.every(isLoopback)) {
    return [failure(`publishers are told ${list}: only this machine reaches that`, ADDRESS_ADVICE)];
  }
  if (told.every((address) => isLoopback(address) || isPrivate(address))) {
    return [warning(`publishers are told ${list}: only this network reaches that`, ADDRESS_ADVICE)];
  }
  return [ok(`publishers are told ${list}`)];
}

const ADDRESS_ADVICE = 'Set --webrtc-addresses to the address that publishers reach this server at.';

function isPrivate(address: string): boolean {
  return isIP(address) !== 0 && PRIVATE.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function ipOf(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}
