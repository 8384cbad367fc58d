import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { checkHttpPort } from '../../../../server/commands/doctor/checks/http-port.ts';
import { checkWebRtc } from '../../../../server/commands/doctor/checks/webrtc.ts';
import { candidateAddresses } from '../../../../server/ingest/webrtc/ice/candidate-addresses.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function takenTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  closers.push(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function takenUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  closers.push(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket.address().port;
}

const HOST = '127.0.0.1';
const NONE: string[] = [];

describe('the HTTP port check', () => {
  it('fails on a port that is taken, and names who has it where the system tells', async () => {
    const port = await takenTcpPort();
    const [finding] = await checkHttpPort({ host: HOST, port });
    expect(finding).toMatchObject({
      status: 'failure',
      message: expect.stringContaining(`port ${port} of 127.0.0.1 is taken`),
      advice: expect.stringContaining('--port'),
    });
    if (existsSync('/proc/net/tcp')) expect(finding!.message).toMatch(new RegExp(`by .+ \\(pid ${process.pid}\\)$`));
    closers.pop()!();
    expect(await checkHttpPort({ host: HOST, port })).toMatchObject([{ status: 'ok' }]);
  });

  it('only warns where no port was asked for', async () => {
    const probes = { bind: async () => 'EADDRINUSE', ownerOf: async () => null };
    expect(await checkHttpPort({ host: HOST, port: undefined }, probes)).toMatchObject([
      { status: 'warning', message: 'port 7700 of 127.0.0.1 is taken; the next free one will be used' },
    ]);
  });

  it('fails on a host that is no address of this machine, and on a port that needs a privilege', async () => {
    expect(await checkHttpPort({ host: '192.0.2.1', port: 0 })).toMatchObject([
      { status: 'failure', message: '192.0.2.1 is no address of this machine' },
    ]);
    const probes = { bind: async () => 'EACCES', ownerOf: async () => null };
    expect(await checkHttpPort({ host: HOST, port: 80 }, probes)).toMatchObject([
      { status: 'failure', message: 'port 80 needs a privilege' },
    ]);
  });
});

describe('the WebRTC check', () => {
  const config = { host: HOST, port: undefined, webrtc: 'werift', webrtcPort: 0, webrtcAddresses: NONE } as const;
  const probes = { bind: async () => null, ownerOf: async () => null, addressesOf: candidateAddresses };

  it('fails on a UDP port that is taken', async () => {
    const webrtcPort = await takenUdpPort();
    const [finding] = await checkWebRtc({ ...config, webrtcPort });
    expect(finding).toMatchObject({ status: 'failure', advice: expect.stringContaining('--webrtc-port') });
    if (existsSync('/proc/net/udp')) expect(finding!.message).toContain(`(pid ${process.pid})`);
    const [followed] = await checkWebRtc({ ...config, port: webrtcPort, webrtcPort: undefined });
    expect(followed).toMatchObject({ status: 'warning' });
  });

  it('looks at all ports of mediasoup', async () => {
    const taken = await takenUdpPort();
    const webrtcPort = Math.max(1024, Math.min(taken - 3, 64_536));
    const [finding] = await checkWebRtc({ ...config, webrtc: 'mediasoup', webrtcPort });
    expect(finding).toMatchObject({ status: 'warning', message: expect.stringMatching(/^\d+ of the UDP ports/) });
    expect(await checkWebRtc({ ...config, webrtc: 'mediasoup', webrtcPort: 65_000 })).toMatchObject([
      { status: 'failure', message: 'mediasoup needs 1000 UDP ports from 65000 on' },
      { status: 'ok' },
    ]);
  });

  it('says nothing of addresses where WebRTC is off', async () => {
    expect(await checkWebRtc({ ...config, webrtc: 'off' })).toEqual([{ status: 'ok', message: 'off' }]);
  });

  it.each([
    [HOST, [], 'ok', 'publishers on this machine are told 127.0.0.1'],
    [HOST, ['203.0.113.7'], 'warning', 'but 127.0.0.1 is listened on'],
    ['0.0.0.0', ['203.0.113.7'], 'ok', 'publishers are told 203.0.113.7'],
    ['0.0.0.0', ['127.0.0.1'], 'failure', 'only this machine reaches that'],
    ['0.0.0.0', ['10.1.2.3', '192.168.0.9'], 'warning', 'only this network reaches that'],
    ['::', ['fd00::1'], 'warning', 'only this network reaches that'],
    ['::', ['2001:db8::1'], 'ok', 'publishers are told 2001:db8::1'],
    ['0.0.0.0', ['0.0.0.0'], 'failure', 'nobody can send to 0.0.0.0'],
    ['172.16.4.4', [], 'warning', 'only this network reaches that'],
  ] as const)('judges the addresses that %s and %j tell: %s', async (host, webrtcAddresses, status, message) => {
    const findings = await checkWebRtc({ ...config, host, webrtcAddresses: [...webrtcAddresses] }, probes);
    expect(findings.at(-1)).toMatchObject({ status, message: expect.stringContaining(message) });
  });
});
