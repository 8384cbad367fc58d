import { lookup as dnsLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Whether, and how, an address that a platform names may be connected to. */
export type ServerAccess =
  /** A name: at public addresses only. */
  { readonly allowed: true; readonly lookup: LookupFunction | undefined } | { readonly allowed: false };

/** Addresses that are somebody's own network, or this machine. */
const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv6');

/** True for addresses that cannot be a server of the public internet, IPv4 in IPv6 included. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  return family === 0 || PRIVATE.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Whether `url` may be connected to.
 *
 * @param servers - names and `*.` with a domain, reached by `wss` at public addresses; origins such as
 * `ws://127.0.0.1:9000`, reached as they are.
 */
export function accessTo(url: string, servers: readonly string[]): ServerAccess {
  if (!URL.canParse(url)) return { allowed: false };
  const { protocol, hostname, host, username, password } = new URL(url);
  if (username !== '' || password !== '') return { allowed: false };
  if (servers.some((server) => server.includes('://') && new URL(server).origin === `${protocol}//${host}`)) {
    return { allowed: true, lookup: undefined };
  }
  const isNamed = servers.some((server) =>
    server.startsWith('*.') ? hostname.endsWith(server.slice(1)) : hostname === server,
  );
  if (protocol !== 'wss:' || !isNamed || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return { allowed: false };
  return { allowed: true, lookup: publicLookup };
}

/** Looks a name up, and fails where any of its addresses is private: a name may point anywhere. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    const hidden = error === null && addresses.some(({ address }) => isPrivateAddress(address));
    const failure = hidden ? new Error('the server’s name points to a private address') : error;
    if (failure !== null) callback(failure, options.all === true ? [] : '', 0);
    else if (options.all === true) callback(null, addresses);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  });
};
