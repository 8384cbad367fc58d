import { beforeAll, describe, expect, it } from 'vitest';
import { DtlsClient } from '../../../../server/ingest/webrtc/dtls/dtls-client.ts';
import type { DtlsEndpoint, DtlsOptions } from '../../../../server/ingest/webrtc/dtls/dtls-endpoint.ts';
import { createDtlsIdentity, type DtlsIdentity } from '../../../../server/ingest/webrtc/dtls/dtls-identity.ts';
import { ALERT, HANDSHAKE, writeRecord } from '../../../../server/ingest/webrtc/dtls/dtls-record.ts';
import { DtlsServer } from '../../../../server/ingest/webrtc/dtls/dtls-server.ts';
import { SERVER_HELLO_DONE, writeMessage } from '../../../../server/ingest/webrtc/dtls/handshake-message.ts';
import type { SrtpKeys } from '../../../../server/ingest/webrtc/dtls/key-schedule.ts';
import type { Fingerprint } from '../../../../server/ingest/webrtc/sdp/offer.ts';
import { seededRandom } from '../../../support/e2e/seeded-random.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';
import { makeCertificate } from '../../../support/webrtc/peer-certificate.ts';

let ours: DtlsIdentity;
let theirs: DtlsIdentity;

beforeAll(async () => {
  [ours, theirs] = await Promise.all([createDtlsIdentity(), createDtlsIdentity()]);
});

/** This server as a client, and a peer that waits for it. `passes` decides which datagrams arrive. */
function pair({
  peer = theirs,
  named = peer.fingerprint,
  passes = () => true,
}: {
  peer?: DtlsIdentity;
  named?: Fingerprint;
  passes?: () => boolean;
} = {}) {
  const clock = new ManualClock();
  const told = { keys: [] as SrtpKeys[], peerKeys: [] as SrtpKeys[], data: [] as string[], ended: [] as string[] };
  const dropped: string[] = [];
  const wires: { to: () => DtlsEndpoint; bytes: Buffer }[] = [];
  const options = (identity: DtlsIdentity, fingerprint: Fingerprint, to: () => DtlsEndpoint): DtlsOptions => ({
    identity,
    fingerprints: [fingerprint],
    clock,
    send: (bytes) => {
      if (passes()) wires.push({ to, bytes });
    },
    onConnected: () => {},
    onData: (bytes) => told.data.push(bytes.toString()),
    onAlive: () => {},
    onEnded: () => {},
    onDropped: () => {},
  });
  const client: DtlsClient = new DtlsClient({
    ...options(ours, named, () => server),
    onConnected: (keys) => told.keys.push(keys),
    onEnded: (end) => told.ended.push(end),
    onDropped: (reason) => dropped.push(reason),
  });
  const server: DtlsServer = new DtlsServer({
    ...options(peer, ours.fingerprint, () => client),
    onConnected: (keys) => told.peerKeys.push(keys),
  });
  const deliver = () => {
    for (let wire = wires.shift(); wire !== undefined; wire = wires.shift()) wire.to().receive(wire.bytes);
  };
  return { clock, client, server, told, dropped, wires, deliver };
}

describe('this server as the client of a handshake', () => {
  it('sends nothing until it begins, then agrees on keys, and passes data both ways', () => {
    const { client, server, told, wires, deliver } = pair();
    expect(wires).toEqual([]);
    client.begin();
    client.begin();
    expect(wires).toHaveLength(1);
    deliver();
    expect([client.isConnected, server.isConnected]).toEqual([true, true]);
    expect(told.keys).toEqual(told.peerKeys);
    client.send(Buffer.from('from here'));
    server.send(Buffer.from('from there'));
    deliver();
    expect(told.data).toEqual(['from here', 'from there']);
  });

  it.each(['secp224r1', 'secp384r1', 'secp521r1'] as const)('accepts a peer whose key is on %s', (curve) => {
    const { der, privateKey, fingerprint } = makeCertificate(curve);
    const value = { algorithm: 'sha-256', value: fingerprint };
    const { client, server, deliver } = pair({ peer: { certificate: der, privateKey, fingerprint: value } });
    client.begin();
    deliver();
    expect([client.isConnected, server.isConnected]).toEqual([true, true]);
  });

  it('connects over a network that loses every third datagram', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seededRandom(seed);
      const { client, told, clock, deliver } = pair({ passes: () => random() > 0.33 });
      client.begin();
      for (let i = 0; i < 60 && !client.isConnected; i += 1) {
        deliver();
        clock.advance(500);
      }
      expect(client.isConnected).toBe(true);
      expect(told.keys).toHaveLength(1);
    }
  });

  it('does not connect to a peer with another certificate than its offer names', () => {
    const { client, told, dropped, clock, deliver } = pair({
      named: { algorithm: 'sha-256', value: Array(32).fill('AB').join(':') },
    });
    client.begin();
    for (let i = 0; i < 60; i += 1) {
      deliver();
      clock.advance(1000);
    }
    expect(client.isConnected).toBe(false);
    expect(told.keys).toEqual([]);
    expect(dropped).toContain('dtls-unauthentic');
  });

  it('is not disturbed by forged plaintext: alerts, a flight that proves nothing, and what is no DTLS', () => {
    const { client, told, deliver } = pair();
    client.begin();
    const done = writeMessage({ type: SERVER_HELLO_DONE, sequence: 0, body: Buffer.alloc(0) });
    client.receive(writeRecord(HANDSHAKE, 0, 7, done));
    client.receive(writeRecord(ALERT, 0, 8, Buffer.from([2, 40])));
    client.receive(Buffer.from('no DTLS'));
    deliver();
    expect(client.isConnected).toBe(true);
    client.receive(writeRecord(ALERT, 0, 9, Buffer.from([2, 0])));
    expect(told.ended).toEqual([]);
  });

  it('takes any bytes without an error', () => {
    const random = seededRandom(3);
    for (let round = 0; round < 300; round += 1) {
      const { client, server, wires, deliver } = pair();
      client.begin();
      for (let i = 0; i < 8 && wires.length > 0; i += 1) {
        const { to, bytes } = wires.shift()!;
        const broken = Buffer.from(bytes);
        if (to() === client) broken[Math.floor(random() * broken.length)] = Math.floor(random() * 256);
        to().receive(broken);
      }
      deliver();
      expect(client.isConnected && !server.isConnected).toBe(false);
    }
  });

  it('is told when the peer closes, and tells the peer', () => {
    const { client, server, told, deliver } = pair();
    client.begin();
    deliver();
    server.close();
    deliver();
    expect(told.ended).toEqual(['closed']);
    expect(client.isConnected).toBe(false);
  });
});
