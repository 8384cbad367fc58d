import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { checkIceServers, systemIceServerProbes } from '../../../../server/commands/doctor/checks/ice-servers.ts';
import { openIceExchange } from '../../../../server/commands/doctor/probes/ice-exchange.ts';
import { parseIceServerAddress } from '../../../../server/commands/doctor/probes/ice-server-address.ts';
import { parseTurnResponse, turnRequest } from '../../../../server/commands/doctor/probes/turn-message.ts';
import { startTurnPeer, type TurnPeer, type TurnPeerOptions } from '../../../support/webrtc/turn-peer.ts';

const SECRET = 'a-shared-secret';
let peer: TurnPeer | null = null;
afterEach(async () => {
  await peer?.close();
  peer = null;
});

async function check(
  address: (port: number) => string,
  options: TurnPeerOptions,
  turnSecret: string | undefined = SECRET,
) {
  peer = await startTurnPeer(options);
  return checkIceServers({ iceServers: [address(peer.port)], turnSecret, turnTtlSeconds: 600 });
}

describe('the ICE server check', () => {
  it('has nothing to say where there are none', async () => {
    const config = { iceServers: [], turnSecret: undefined, turnTtlSeconds: 600 };
    expect(await checkIceServers(config)).toEqual([{ status: 'ok', message: 'none configured' }]);
  });

  it('asks a STUN server for an address', async () => {
    const [finding] = await check((port) => `stun:127.0.0.1:${port}`, {});
    expect(finding).toEqual({ status: 'ok', message: `stun:127.0.0.1:${peer!.port} answers` });
  });

  it.each(['', '?transport=udp', '?transport=tcp'])(
    'gets a relay with the credentials that publishers get, and gives it back (turn:…%s)',
    async (transport) => {
      const [finding] = await check((port) => `turn:127.0.0.1:${port}${transport}`, {
        secret: SECRET,
        staleNonce: true,
      });
      expect(finding).toMatchObject({ status: 'ok', message: expect.stringContaining('gives a relay') });
      expect(peer!.usernames.at(-1)).toMatch(/^\d+:doctor$/);
      expect(peer!.relays.size).toBe(0);
    },
  );

  it.each([
    ['another secret', { secret: 'another-secret' }, 'refuses the credentials'],
    ['no relay left', { secret: SECRET, refusal: 486 }, 'has no relay left (486)'],
    ['a rule against it', { secret: SECRET, refusal: 403 }, 'refuses a relay (403)'],
  ] as const)('fails where the TURN server has %s, and tells no secret', async (_what, options, message) => {
    const [finding] = await check((port) => `turn:127.0.0.1:${port}`, options);
    expect(finding).toMatchObject({ status: 'failure', message: expect.stringContaining(message) });
    expect(JSON.stringify(finding)).not.toContain(SECRET);
  });

  it('fails where credentials are wanted and publishers get none', async () => {
    peer = await startTurnPeer({ secret: SECRET });
    const iceServers = [`turn:127.0.0.1:${peer.port}`];
    const [finding] = await checkIceServers({ iceServers, turnSecret: undefined, turnTtlSeconds: 600 });
    expect(finding).toMatchObject({ status: 'failure', advice: expect.stringContaining('UNDERTONE_TURN_SECRET') });
  });

  it('warns of a TURN server that is open to anybody', async () => {
    const [finding] = await check((port) => `turn:127.0.0.1:${port}`, { secret: null });
    expect(finding).toMatchObject({ status: 'warning', message: expect.stringContaining('to anybody') });
    expect(peer!.relays.size).toBe(0);
  });

  it.each(['udp', 'tcp'])('gives up on a server that says nothing (%s)', async (transport) => {
    const [finding] = await check((port) => `turn:127.0.0.1:${port}?transport=${transport}`, { silent: true });
    expect(finding).toMatchObject({
      status: 'failure',
      message: expect.stringContaining('does not answer'),
      advice: expect.stringContaining(`open ${transport.toUpperCase()} port ${peer!.port}`),
    });
  });

  it('tells a port where nothing listens, and a name that is none', async () => {
    peer = await startTurnPeer();
    const { port } = peer;
    await peer.close();
    peer = null;
    const iceServers = [`turn:127.0.0.1:${port}?transport=tcp`, 'stun:nowhere.invalid', 'stun:host:99999'];
    const resolve = async (host: string) => {
      if (host === 'nowhere.invalid') throw new Error('ENOTFOUND');
      return host;
    };
    const config = { iceServers, turnSecret: SECRET, turnTtlSeconds: 600 };
    const findings = await checkIceServers(config, { ...systemIceServerProbes, resolve });
    expect(findings.map(({ message }) => message)).toEqual([
      expect.stringContaining('nothing listens there'),
      'stun:nowhere.invalid: the name nowhere.invalid has no address',
      'stun:host:99999 is no address of a server',
    ]);
  });
});

const hasOpenSsl = (() => {
  try {
    execFileSync('openssl', ['version']);
    return true;
  } catch {
    return false;
  }
})();
if (!hasOpenSsl) console.warn('SKIPPED: TURN over TLS needs openssl, which makes a certificate.');

describe.skipIf(!hasOpenSsl)('the ICE server check over TLS', () => {
  function certificate() {
    const folder = mkdtempSync(join(tmpdir(), 'turn-peer-'));
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ];
    execFileSync('openssl', [...request, '-keyout', keyFile, '-out', certFile, ...subject], { stdio: 'ignore' });
    const pair = { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
    rmSync(folder, { recursive: true });
    return pair;
  }

  it('gets a relay where the certificate is trusted, and fails where it is not', async () => {
    const tls = certificate();
    peer = await startTurnPeer({ secret: SECRET, tls });
    const config = { iceServers: [`turns:localhost:${peer.port}`], turnSecret: SECRET, turnTtlSeconds: 600 };
    const resolve = async () => '127.0.0.1';
    const trusting: typeof openIceExchange = (server, ip) => openIceExchange(server, ip, tls.cert);
    const [trusted] = await checkIceServers(config, { ...systemIceServerProbes, resolve, open: trusting });
    expect(trusted).toMatchObject({ status: 'ok' });
    const [distrusted] = await checkIceServers(config, { ...systemIceServerProbes, resolve });
    expect(distrusted).toMatchObject({
      status: 'failure',
      message: expect.stringContaining('no TLS connection (DEPTH_ZERO_SELF_SIGNED_CERT)'),
      advice: expect.stringContaining('certificate'),
    });
  });
});

describe('parseIceServerAddress', () => {
  it.each([
    ['stun:a.example', { isTurn: false, host: 'a.example', port: 3478, transport: 'udp' }],
    ['stuns:a.example', { isTurn: false, host: 'a.example', port: 5349, transport: 'tls' }],
    ['turn:[::1]:99?transport=tcp', { isTurn: true, host: '::1', port: 99, transport: 'tcp' }],
    ['turns:a.example:443?transport=tcp', { isTurn: true, host: 'a.example', port: 443, transport: 'tls' }],
    ['http://a.example', null],
    ['turn:', null],
  ])('reads %s', (url, address) => {
    expect(parseIceServerAddress(url)).toEqual(address);
  });
});

describe('parseTurnResponse', () => {
  it('reads nothing from bytes that are no response, whatever they are', () => {
    const request = turnRequest('allocate');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
        const header = Buffer.from(request.bytes.subarray(0, 20));
        header.writeUInt16BE(0x0113, 0);
        header.writeUInt16BE(tail.length, 2);
        expect(parseTurnResponse(Buffer.from(tail), request)).toBeNull();
        const response = parseTurnResponse(Buffer.concat([header, tail]), request);
        expect(response?.isSuccess ?? false).toBe(false);
      }),
    );
  });
});
