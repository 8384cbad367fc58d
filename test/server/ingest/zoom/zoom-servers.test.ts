import { describe, expect, it } from 'vitest';
import { accessTo, isPrivateAddress } from '../../../../server/ingest/zoom/zoom-servers.ts';

describe('a server that Zoom names', () => {
  it.each(['wss://zoomsjc1.sjc.zoom.us:443', 'wss://a.zoom.us/path?x=1', 'wss://A.ZOOM.US'])('is %s', (url) => {
    expect(accessTo(url, ['*.zoom.us'])).toMatchObject({ allowed: true, lookup: expect.any(Function) });
  });

  it.each([
    'ws://a.zoom.us',
    'https://a.zoom.us',
    'wss://zoom.us',
    'wss://zoom.us.evil.example',
    'wss://evilzoom.us',
    'wss://a.zoom.us.',
    'wss://user:secret@a.zoom.us',
    'wss://127.0.0.1',
    'wss://[::1]',
    'wss://localhost',
    'wss://evil.example/.zoom.us',
    'wss://evil.example#.zoom.us',
    'not an address',
    '',
  ])('is not %j', (url) => {
    expect(accessTo(url, ['*.zoom.us'])).toEqual({ allowed: false });
  });

  it('is an origin as it is configured, and no other port of it', () => {
    expect(accessTo('ws://127.0.0.1:9000/signaling', ['ws://127.0.0.1:9000'])).toEqual({
      allowed: true,
      lookup: undefined,
    });
    expect(accessTo('ws://127.0.0.1:9001', ['ws://127.0.0.1:9000'])).toEqual({ allowed: false });
    expect(accessTo('wss://127.0.0.1:9000', ['ws://127.0.0.1:9000'])).toEqual({ allowed: false });
  });

  it('is not reached by a name that points to this machine', async () => {
    const access = accessTo('wss://localhost.example', ['localhost.example']);
    const error = await new Promise((resolve) => {
      // The system's own name for the loopback, whatever the server was called.
      if (access.allowed) access.lookup?.('localhost', { all: true }, resolve);
    });
    expect(error).toMatchObject({ message: expect.stringContaining('private address') });
  });
});

describe('an address is private', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '::1',
    '::',
    'fd00::1',
    'fe80::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1',
    'none',
  ])('when it is %s', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])('not when it is %s', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });
});
