import { describe, expect, it } from 'vitest';
import { addressKey, clientAddresses, isAddressRange } from '../../../server/limits/client-address.ts';

const request = (remoteAddress: string, forwarded?: string | string[]) => ({
  socket: { remoteAddress },
  headers: forwarded === undefined ? {} : ({ 'x-forwarded-for': forwarded } as Record<string, string>),
});

describe('the address of a client', () => {
  const { of, isProxy } = clientAddresses(['10.0.0.0/8', 'fd00::1']);

  it('is the peer’s own, whatever it says, unless the peer is a trusted proxy', () => {
    expect(of(request('192.0.2.1'))).toBe('192.0.2.1');
    expect(of(request('192.0.2.1', '198.51.100.7'))).toBe('192.0.2.1');
    expect(of(request('10.1.2.3', '198.51.100.7'))).toBe('198.51.100.7');
    expect(of(request('fd00::1', '198.51.100.7'))).toBe('198.51.100.7');
  });

  it('is the last one that no trusted proxy has: what stands before it is the client’s own claim', () => {
    expect(of(request('10.1.2.3', '203.0.113.9, 198.51.100.7, 10.9.9.9'))).toBe('198.51.100.7');
    expect(of(request('::ffff:10.1.2.3', '203.0.113.9, 198.51.100.7'))).toBe('198.51.100.7');
    expect(of(request('10.1.2.3', '203.0.113.9, nonsense, 10.9.9.9'))).toBe('10.1.2.3');
  });

  it('is read with or without a port', () => {
    expect(of(request('10.1.2.3', '198.51.100.7:4711'))).toBe('198.51.100.7');
    expect(of(request('10.1.2.3', '[2001:db8:1:2:3::4]:4711'))).toBe('2001:db8:1:2::/64');
  });

  it('is the proxy’s where the proxy names none', () => {
    expect(of(request('10.1.2.3'))).toBe('10.1.2.3');
    expect(of(request('10.1.2.3', '10.4.5.6'))).toBe('10.1.2.3');
  });

  it('tells proxies, also where IPv4 comes in IPv6', () => {
    expect(isProxy('::ffff:10.1.2.3')).toBe(true);
    expect(isProxy('11.1.2.3')).toBe(false);
    expect(isProxy(undefined)).toBe(false);
  });
});

describe('the key of an address', () => {
  it('is the same for all addresses of one IPv6 host', () => {
    expect(addressKey('2001:db8:0:1::1')).toBe(addressKey('2001:0DB8:0:1:ffff:2:3:4'));
    expect(addressKey('2001:db8:0:1::1')).not.toBe(addressKey('2001:db8:0:2::1'));
    expect(addressKey('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
    expect(addressKey('::1')).toBe('0:0:0:0::/64');
    expect(addressKey('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(addressKey('nonsense')).toBe('unknown');
  });
});

describe('a range of addresses', () => {
  it('is an address or CIDR notation', () => {
    for (const range of ['10.0.0.0/8', '::/0', '192.0.2.1', 'fd00::1/128']) expect(isAddressRange(range)).toBe(true);
    for (const other of ['10.0.0.0/33', 'proxy.example', '10.0.0.0/8/8', '10.0.0/8', '::/129', '1.2.3.4/']) {
      expect(isAddressRange(other)).toBe(false);
    }
  });
});
