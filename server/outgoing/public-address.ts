import { BlockList, isIP } from 'node:net';

/**
 * Ranges that are not public: IANA's IPv4 special-purpose address registry, multicast, reserved space, and addresses
 * that clouds use internally.
 */
const IPV4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private use
  '100.64.0.0/10', // shared by carriers; 100.100.100.200 is Alibaba's metadata server
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local; 169.254.169.254 is the metadata server of most clouds
  '172.16.0.0/12', // private use
  '192.0.0.0/24', // protocol assignments; 192.0.0.192 is Oracle's metadata server
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private use
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
  '168.63.129.16/32', // Azure's platform
] as const;

/** The IPv6 range that IANA has assigned to the public internet. */
const IPV6_GLOBAL = '2000::/3';
/** Ranges within it that are not public, from the special-purpose registry. IPv4 carried in IPv6 is not accepted. */
const IPV6_SPECIAL = [
  '2001::/23', // protocol assignments: Teredo, benchmarks, ORCHID, AMT, AS112
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '2620:4f:8000::/48', // AS112
  '3ffe::/16', // 6bone, returned
  '3fff::/20', // documentation
] as const;

const special = new BlockList();
const global = new BlockList();
for (const range of IPV4) addTo(special, range, 'ipv4');
for (const range of IPV6_SPECIAL) addTo(special, range, 'ipv6');
addTo(global, IPV6_GLOBAL, 'ipv6');

/**
 * True for an address of a server on the public internet. False for text that is no address, for an address with a
 * zone, and for every special-purpose range, even where IPv4 is written as IPv6 (mapped, compatible, NAT64).
 */
export function isPublicAddress(address: string): boolean {
  if (address.includes('%')) return false;
  switch (isIP(address)) {
    case 4:
      return !special.check(address, 'ipv4');
    case 6:
      return global.check(address, 'ipv6') && !special.check(address, 'ipv6');
    default:
      return false;
  }
}

function addTo(list: BlockList, range: string, family: 'ipv4' | 'ipv6'): void {
  const [network = '', prefix] = range.split('/');
  list.addSubnet(network, Number(prefix), family);
}
