import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../../server/outgoing/public-address.ts';

/** First and last addresses of what must not be reached, by the registry's or the provider's name for it. */
const SPECIAL = {
  'this network': ['0.0.0.0', '0.255.255.255'],
  'private use': ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
  'carriers’ shared space': ['100.64.0.0', '100.127.255.255'],
  loopback: ['127.0.0.0', '127.0.0.1', '127.255.255.255', '::1'],
  'link-local': ['169.254.0.0', '169.254.255.255', 'fe80::', 'febf:ffff::', 'fe80::1%eth0', 'fec0::1'],
  'protocol assignments': ['192.0.0.0', '192.0.0.8', '192.0.0.170', '192.0.0.255', '2001::', '2001:1ff:ffff::'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1', '3fff:fff::1'],
  AS112: ['192.31.196.1', '192.175.48.1', '2001:4:112::1', '2620:4f:8000::1'],
  AMT: ['192.52.193.1', '2001:3::1'],
  '6to4': ['192.88.99.1', '2002::1', '2002:7f00:1::', '2002:a00:1::1', '2002:808:808::1'],
  benchmarks: ['198.18.0.0', '198.19.255.255', '2001:2::1'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1'],
  'reserved, and broadcast': ['240.0.0.1', '255.255.255.255'],
  unspecified: ['0.0.0.0', '::'],
  'IPv4 mapped': ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::ffff:0:8.8.8.8'],
  'IPv4 compatible': ['::127.0.0.1', '::8.8.8.8', '::808:808'],
  NAT64: ['64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::7f00:1', '64:ff9b:1:ffff::1'],
  Teredo: ['2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ORCHID: ['2001:10::1', '2001:20::1', '2001:30::1'],
  discard: ['100::1', '100:0:0:1::1'],
  'unique local': ['fc00::1', 'fd00::1', 'fdff:ffff::1'],
  'segment routing': ['5f00::1'],
  '6bone': ['3ffe::1'],
  'never given out': ['4000::1', '1::1', '1fff::1', 'e000::1'],
  'metadata servers': ['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
} as const;

/** Neighbours of the ranges, and servers that everybody knows. */
const PUBLIC = [
  ...['1.0.0.0', '1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
  ...['128.0.0.0', '168.63.129.15', '168.63.129.17', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0'],
  ...['192.0.1.0', '192.0.3.0', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255'],
  ...['2000::1', '2001:200::1', '2001:4860:4860::8888', '2001:db7::1', '2001:db9::1', '2003::1', '2606:4700::1111'],
  ...['2620:4f:8001::1', '2a00::1', '3ffd::1', '3fff:1000::1'],
];

const NO_ADDRESS = [
  '',
  'none',
  'localhost',
  '127.1',
  '0x7f.1',
  '2130706433',
  '0177.0.0.1',
  '8.8.8.8.',
  '[::1]',
  '8.8.8.8%1',
];

describe('an address is public', () => {
  it.each(Object.entries(SPECIAL))('not where it is %s', (_what, addresses) => {
    for (const address of addresses) expect(isPublicAddress(address), address).toBe(false);
  });

  it.each(PUBLIC)('where it is %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each(NO_ADDRESS)('not where it is none, such as %j', (text) => {
    expect(isPublicAddress(text)).toBe(false);
  });

  it('not in any IPv6 spelling of an IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number];
        const groups = [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)].join(':');
        for (const prefix of ['::ffff:', '::', '64:ff9b::', '64:ff9b:1::', '2002:', '::ffff:0:']) {
          expect(isPublicAddress(prefix === '2002:' ? `2002:${groups}::` : prefix + groups)).toBe(false);
        }
      }),
    );
  });
});
