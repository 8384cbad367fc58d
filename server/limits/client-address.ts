import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** The parts of a request that show who sent it. */
export interface AddressedRequest {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: IncomingHttpHeaders;
}

/** Finds the addresses of clients. Every limit per address uses these. */
export interface ClientAddresses {
  /** True for the address of a trusted proxy. */
  isProxy(address: string | undefined): boolean;
  /**
   * Address of the client that sent a request. Normally this is the peer's address. If the peer is a trusted proxy, it
   * is the last address in `X-Forwarded-For` that is not a trusted proxy. Of an IPv6 address only the first 64 bits
   * count, because one host may use all addresses that share them.
   */
  of(request: AddressedRequest): string;
}

/** Entries of `X-Forwarded-For` that are read at most, starting from the last. */
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
        // Entries before an unreadable one were not written by a trusted proxy.
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

/** The key under which limits count a peer's address. */
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

/** The address without its zone. An IPv4-mapped IPv6 address becomes IPv4. Null when the text is no address. */
function plainAddress(address: string | undefined): string | null {
  const plain = (address ?? '').replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(plain) === 0 ? null : plain;
}

function withoutPort(entry: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(entry)?.[1];
  return bracketed ?? entry.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
}

/** The first four groups of an IPv6 address, which are its first 64 bits. */
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
