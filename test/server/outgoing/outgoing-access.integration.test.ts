import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { accessTo, type Resolve } from '../../../server/outgoing/outgoing-access.ts';

const SERVERS = ['*.zoom.us', 'rtms.example.com'];

/** Connects as a socket does, and tells what came of it. */
async function lookUp(resolve: Resolve, all = true): Promise<unknown> {
  const access = accessTo('wss://a.zoom.us', SERVERS, resolve);
  if (!access.allowed || access.lookup === undefined) throw new Error('the name is refused');
  const { lookup } = access;
  return new Promise((done) => lookup('a.zoom.us', { all }, (error, found) => done(error ?? found)));
}

const to = (...addresses: string[]): Resolve => {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return async () => found;
};

describe('a server that somebody else names', () => {
  it.each([
    'wss://zoomsjc1.sjc.zoom.us:443',
    'wss://zoomsjc1.sjc.zoom.us',
    'wss://a.zoom.us/path?x=1',
    'wss://A.ZOOM.US',
    'https://rtms.example.com/hook',
  ])('may be connected to by TLS at %s', (url) => {
    expect(accessTo(url, SERVERS)).toMatchObject({ allowed: true, lookup: expect.any(Function) });
  });

  it.each([
    // Without TLS, or on another port.
    'ws://a.zoom.us',
    'http://a.zoom.us',
    'ftp://a.zoom.us',
    'file:///etc/passwd',
    'wss://a.zoom.us:80',
    'wss://a.zoom.us:8443',
    'wss://a.zoom.us:22',
    'wss://a.zoom.us:0443',
    'wss://a.zoom.us:',
    // Another name.
    'wss://zoom.us',
    'wss://zoom.us.evil.example',
    'wss://evilzoom.us',
    'wss://evil.example/.zoom.us',
    'wss://evil.example#.zoom.us',
    'wss://evil.example?.zoom.us',
    'wss://evil.example\\.zoom.us',
    'wss://evil.example%2f.zoom.us',
    'wss://evil.example%00.zoom.us',
    'wss://a.rtms.example.com',
    // The same name in other spellings.
    'wss://a.zoom.us.',
    'wss://a..zoom.us',
    'wss://.zoom.us',
    'wss://-.zoom.us',
    'wss://a%2ezoom.us',
    'wss://%61.zoom.us',
    'wss://a\u3002zoom.us',
    'wss://\uff41.zoom.us',
    'wss://b\u00fccher.zoom.us',
    'wss://xn--bcher-kva.zoom.us',
    'wss://a_b.zoom.us',
    `wss://${'a'.repeat(64)}.zoom.us`,
    `wss://${'a.'.repeat(125)}zoom.us`,
    'wss:a.zoom.us',
    'wss:/a.zoom.us',
    'wss:\\\\a.zoom.us',
    ' wss://a.zoom.us',
    'wss://a.zo\tom.us',
    'wss://a.zoom.us\n',
    // Somebody's name before it.
    'wss://user:secret@a.zoom.us',
    'wss://user@a.zoom.us',
    'wss://:@a.zoom.us',
    'wss://@a.zoom.us',
    'wss://a.zoom.us@evil.example',
    'wss://a.zoom.us:443@evil.example',
    // Addresses.
    'wss://8.8.8.8',
    'wss://127.0.0.1',
    'wss://127.1',
    'wss://0x7f000001',
    'wss://0177.0.0.1',
    'wss://2130706433',
    'wss://[::1]',
    'wss://[::ffff:127.0.0.1]',
    'wss://[fe80::1%25eth0]',
    'wss://localhost',
    'not an address',
    '',
  ])('may not be connected to at %j', (url) => {
    expect(accessTo(url, SERVERS)).toEqual({ allowed: false });
    expect(accessTo(url, [...SERVERS, '*.1', '127.0.0.1', '8.8.8.8', 'localhost'])).toEqual({ allowed: false });
  });

  it('is an origin as the operator wrote it, and no other port of it', () => {
    const reached = { allowed: true, lookup: undefined };
    expect(accessTo('ws://127.0.0.1:9000/signaling', ['ws://127.0.0.1:9000'])).toEqual(reached);
    expect(accessTo('wss://rtms.example.com:8443/x', ['wss://rtms.example.com:8443'])).toEqual(reached);
    expect(accessTo('ws://127.0.0.1:9001', ['ws://127.0.0.1:9000'])).toEqual({ allowed: false });
    expect(accessTo('wss://127.0.0.1:9000', ['ws://127.0.0.1:9000'])).toEqual({ allowed: false });
    expect(accessTo('ws://x@127.0.0.1:9000', ['ws://127.0.0.1:9000'])).toEqual({ allowed: false });
  });
});

describe('the address of a name', () => {
  it('is one of those that were checked', async () => {
    const found = [{ address: '8.8.8.8', family: 4 }];
    expect(await lookUp(to('8.8.8.8'))).toEqual(found);
    expect(await lookUp(to('8.8.8.8'), false)).toBe('8.8.8.8');
  });

  it.each([
    [['127.0.0.1']],
    [['169.254.169.254']],
    [['fd00:ec2::254']],
    [['64:ff9b::7f00:1']],
    [['8.8.8.8', '10.0.0.1']],
    [['2606:4700::1111', '::1']],
  ])('is none where the name points to %j', async (addresses) => {
    for (const all of [true, false]) {
      expect(await lookUp(to(...addresses), all)).toMatchObject({
        message: 'the server’s name points to an address that is not public',
      });
    }
  });

  it('is none where there is none, or its family is another, or the name cannot be resolved', async () => {
    expect(await lookUp(to())).toMatchObject({ message: 'the server’s name has no address' });
    expect(await lookUp(async () => [{ address: '8.8.8.8', family: 6 }])).toBeInstanceOf(Error);
    const cause = new Error('SERVFAIL');
    expect(await lookUp(() => Promise.reject(cause))).toMatchObject({ cause });
  });

  it('is found anew, and checked anew, for each connection: what a name points to later is no way in', async () => {
    let asked = 0;
    const rebinding: Resolve = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '8.8.8.8' : '127.0.0.1', family: 4 }];
    };
    const access = accessTo('wss://a.zoom.us', SERVERS, rebinding);
    if (!access.allowed || access.lookup === undefined) throw new Error('the name is refused');
    const { lookup } = access;
    expect(await new Promise((done) => lookup('a.zoom.us', {}, (_error, address) => done(address)))).toBe('8.8.8.8');
    expect(asked).toBe(1);
    const inside = createServer().listen(0, '127.0.0.1');
    await once(inside, 'listening');
    let reached = 0;
    inside.on('connection', () => {
      reached += 1;
    });
    const { port } = inside.address() as AddressInfo;
    const [error] = await once(connect({ host: 'a.zoom.us', port, lookup }), 'error');
    expect(error).toMatchObject({ message: 'the server’s name points to an address that is not public' });
    expect([asked, reached]).toEqual([2, 0]);
    inside.close();
  });

  it('is not that of this machine where the system’s own resolver says so', async () => {
    const access = accessTo('wss://a.zoom.us', SERVERS);
    if (!access.allowed || access.lookup === undefined) throw new Error('the name is refused');
    const { lookup } = access;
    const outcome = await new Promise((done) => lookup('localhost', { all: true }, (error) => done(error)));
    expect(outcome).toMatchObject({ message: expect.stringContaining('not public') });
  });
});
