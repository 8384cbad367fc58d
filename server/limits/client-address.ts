import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** What is needed to tell who sent a request. */
export interface AddressedRequest {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: IncomingHttpHeaders;
}

/** Tells the addresses of clients. Every limit per address counts under these. */
export interface ClientAddresses {
  /** True where the address is one of a trusted proxy. */
  isProxy(address: string | undefined): boolean;
  /**
   * Address of the client that sent a request: the peer's own. Where the peer is a trusted proxy, it is the last address in
   * `X-Forwarded-For` that is no trusted proxy. An IPv6 address counts by its first 64 bits: one host has all of them.
   */
  of(request: AddressedRequest): string;
}

/** Most entries of `X-Forwarded-For` that are looked at, from the last. */
const MAX_HOPS = 16;

/** @param trustedProxies - IP addresses and CIDR ranges of the reverse proxies in front of the server. */
export function clientAddresses(trustedProxies: readonly string[]): ClientAddresses {
  const proxies = new BlockList();
  for (const entry of trustedProxies) addTo(proxies, entry);
  const isProxy = (address: string | undefined): boolean => {
    const plain = plainAddress(address);
    return plain !== null && proxies.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
  };
  return {
    isProxy,
    of({ socket, headers }) {
      const peer = socket.remoteAddress;
      if (!isProxy(peer)) return addressKey(peer);
      const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',').slice(-MAX_HOPS).reverse();
      for (const entry of forwarded) {
        const address = plainAddress(withoutPort(entry.trim()));
        // What stands before an unreadable entry was not written by a proxy that we trust.
        if (address === null) break;
        if (!isProxy(address)) return addressKey(address);
      }
      return addressKey(peer);
    },
  };
}

/** Whether a text is an IP address or a range in CIDR notation. */
export function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32));
}

/** The key that a peer's address counts under. */
export function addressKey(address: string | undefined): string {
  const plain = plainAddress(address);
  if (plain === null) return 'unknown';
  return isIP(plain) === 6 ? `${firstHalf(plain)}::/64` : plain;
}

function addTo(list: BlockList, entry: string): void {
  const [address = '', bits] = entry.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (bits === undefined) list.addAddress(address, family);
  else list.addSubnet(address, Number(bits), family);
}

/** An address without zone, IPv4 where it is IPv4 in IPv6; null for what is no address. */
function plainAddress(address: string | undefined): string | null {
  const plain = (address ?? '').replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(plain) === 0 ? null : plain;
}

function withoutPort(entry: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(entry)?.[1];
  return bracketed ?? entry.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
}

/** The first four groups of an IPv6 address. */
function firstHalf(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    const missing = 8 - groups.length - after.length - (tail.includes('.') ? 1 : 0);
    groups.push(...new Array<string>(Math.max(0, missing)).fill('0'), ...after);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
