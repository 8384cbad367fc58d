import { X509Certificate } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDtlsIdentity, type DtlsIdentity } from '../../../../server/ingest/webrtc/dtls/dtls-identity.ts';
import { ALERT, APPLICATION_DATA, HANDSHAKE, writeRecord } from '../../../../server/ingest/webrtc/dtls/dtls-record.ts';
import { DtlsServer } from '../../../../server/ingest/webrtc/dtls/dtls-server.ts';
import {
  CERTIFICATE,
  CLIENT_HELLO,
  CLIENT_KEY_EXCHANGE,
  type HandshakeMessage,
  writeMessage,
} from '../../../../server/ingest/webrtc/dtls/handshake-message.ts';
import type { SrtpKeys } from '../../../../server/ingest/webrtc/dtls/key-schedule.ts';
import { ReplayWindow } from '../../../../server/ingest/webrtc/dtls/replay-window.ts';
import { numbersOf, vectorOf } from '../../../../server/ingest/webrtc/dtls/tls-reader.ts';
import type { Fingerprint } from '../../../../server/ingest/webrtc/sdp/offer.ts';
import { seededRandom } from '../../../support/e2e/seeded-random.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';
import { DtlsClient, type DtlsDeviations, nonsense, signedBy } from '../../../support/webrtc/dtls-client.ts';
import { makeCertificate, type PeerCertificate } from '../../../support/webrtc/peer-certificate.ts';

let identity: DtlsIdentity;
let certificate: PeerCertificate;
let other: PeerCertificate;
let rsa: PeerCertificate;

beforeAll(async () => {
  identity = await createDtlsIdentity();
  [certificate, other, rsa] = [makeCertificate(), makeCertificate(), makeCertificate('rsa')];
});

interface Pair {
  readonly clock: ManualClock;
  readonly server: DtlsServer;
  readonly client: DtlsClient;
  readonly told: {
    serverKeys: SrtpKeys | null;
    clientKeys: SrtpKeys | null;
    data: string[];
    ended: string[];
    dropped: string[];
    alerts: number[];
    alive: number;
  };
  /** Datagrams on their way; {@link deliver} brings them. */
  readonly toServer: Buffer[];
  readonly toClient: Buffer[];
  deliver(): void;
}

function pair(
  deviations: DtlsDeviations = {},
  options: { readonly bearer?: PeerCertificate; readonly fingerprints?: readonly Fingerprint[] } = {},
): Pair {
  const { bearer = certificate } = options;
  const { fingerprints = [{ algorithm: 'sha-256', value: bearer.fingerprint }] } = options;
  const clock = new ManualClock();
  const [toServer, toClient]: [Buffer[], Buffer[]] = [[], []];
  const told: Pair['told'] = {
    serverKeys: null,
    clientKeys: null,
    data: [],
    ended: [],
    dropped: [],
    alerts: [],
    alive: 0,
  };
  const server = new DtlsServer({
    identity,
    fingerprints,
    clock,
    send: (datagram) => toClient.push(datagram),
    onConnected: (keys) => {
      told.serverKeys = keys;
    },
    onData: (bytes) => told.data.push(bytes.toString()),
    onAlive: () => {
      told.alive += 1;
    },
    onEnded: (end) => told.ended.push(end),
    onDropped: (reason) => told.dropped.push(reason),
  });
  const client = new DtlsClient({
    certificate: bearer,
    deviations,
    send: (datagram) => toServer.push(datagram),
    onConnected: (keys) => {
      told.clientKeys = keys;
    },
    onAlert: (alert) => told.alerts.push(alert[1]!),
  });
  const deliver = (): void => {
    while (toServer.length + toClient.length > 0) {
      for (const datagram of toServer.splice(0)) server.receive(datagram);
      for (const datagram of toClient.splice(0)) client.receive(datagram);
    }
  };
  return { clock, server, client, told, toServer, toClient, deliver };
}

/** A handshake, with some repetitions. */
function shaken(...options: Parameters<typeof pair>): Pair {
  const made = pair(...options);
  made.client.start();
  made.deliver();
  for (let times = 0; times < 3 && made.told.ended.length === 0; times += 1) {
    made.client.repeat();
    made.deliver();
  }
  return made;
}

describe('a DTLS client that proves who it is', () => {
  it('is let in, and both sides have the same keys', () => {
    const { server, client, told, deliver } = shaken();
    expect(server.isConnected).toBe(true);
    expect(told.serverKeys).toEqual(told.clientKeys);
    expect(told.serverKeys!.profile).toBe(7);
    client.sendRecord(APPLICATION_DATA, Buffer.from('words'));
    deliver();
    expect(told.data).toEqual(['words']);
    expect(told.ended).toEqual([]);
  });

  it.each<[string, DtlsDeviations]>([
    ['that speaks P-256 alone', { groups: [23] }],
    ['that speaks HMAC-SHA1 for SRTP alone', { srtpProfiles: [1] }],
    ['that knows no extended master secret', { hasExtendedMasterSecret: false }],
    ['that speaks DTLS 1.3 too', { versions: [0xfefc, 0xfefd], suites: [0x1301, 0xc02b] }],
    ['whose messages come in pieces', { fragmentBytes: 50 }],
    ['whose messages come in another order', { proof: (messages) => messages.toReversed() }],
  ])('is let in: one %s', (_, deviations) => {
    const { told } = shaken(deviations);
    expect(told.serverKeys).not.toBeNull();
    expect(told.serverKeys).toEqual(told.clientKeys);
  });

  it('is let in with an RSA certificate, and by the strongest of several fingerprints', () => {
    expect(shaken({}, { bearer: rsa }).server.isConnected).toBe(true);
    const strong = new X509Certificate(certificate.der).fingerprint512;
    const weak = { algorithm: 'sha-256', value: other.fingerprint };
    const fingerprints = [weak, { algorithm: 'SHA-512', value: strong.toLowerCase() }];
    expect(shaken({}, { fingerprints }).server.isConnected).toBe(true);
    const reversed = [
      { algorithm: 'sha-512', value: new X509Certificate(other.der).fingerprint512 },
      { algorithm: 'sha-256', value: certificate.fingerprint },
    ];
    expect(shaken({}, { fingerprints: reversed }).server.isConnected).toBe(false);
  });

  it.each([
    ['secp224r1', 'sha256'],
    ['secp384r1', 'sha256'],
    ['secp384r1', 'sha384'],
    ['secp521r1', 'sha512'],
  ] as const)('is let in with a key on %s that signs with %s', (curve, digest) => {
    const bearer = makeCertificate(curve);
    const certificateVerify = (transcript: Buffer) => signedBy(bearer, transcript, digest);
    expect(shaken({ certificateVerify }, { bearer }).server.isConnected).toBe(true);
  });

  it('is not let in with a key on a curve that is not one of TLS’s', () => {
    expect(shaken({}, { bearer: makeCertificate('secp256k1') }).server.isConnected).toBe(false);
  });

  it('is let in over a link that loses every third datagram', () => {
    const { server, client, clock, toServer, toClient } = pair();
    const random = seededRandom(5);
    client.start();
    for (let round = 0; round < 60 && !client.isConnected; round += 1) {
      for (const datagram of toServer.splice(0)) if (random() < 0.67) server.receive(datagram);
      for (const datagram of toClient.splice(0)) if (random() < 0.67) client.receive(datagram);
      if (round % 4 === 3) client.repeat();
      clock.advance(200);
    }
    expect(client.isConnected).toBe(true);
    expect(server.isConnected).toBe(true);
  });

  it('leaves when it says so, encrypted', () => {
    const { client, told, deliver } = shaken();
    client.sendRecord(ALERT, Buffer.from([1, 0]));
    deliver();
    expect(told.ended).toEqual(['closed']);
  });

  it('is told goodbye', () => {
    const { server, told, deliver } = shaken();
    server.close();
    deliver();
    expect(told.alerts).toEqual([0]);
    expect(told.ended).toEqual([]);
  });
});

describe('a DTLS client that proves nothing', () => {
  it.each<[string, () => DtlsDeviations]>([
    ['signs with another key', () => ({ certificateVerify: (transcript) => signedBy(other, transcript) })],
    ['signs something else', () => ({ certificateVerify: () => signedBy(certificate, nonsense('else')) })],
    [
      'signs nothing',
      () => ({ certificateVerify: () => Buffer.concat([numbersOf(0x0403), vectorOf(2, nonsense('signature'))]) }),
    ],
    ['has an empty signature', () => ({ certificateVerify: () => Buffer.concat([numbersOf(0x0403), vectorOf(2)]) })],
    ['names a scheme of RSA', () => ({ certificateVerify: (transcript) => renamed(0x0401, transcript) })],
    ['names a scheme of SHA-1', () => ({ certificateVerify: (transcript) => renamed(0x0203, transcript) })],
    ['sends no CertificateVerify', () => ({ certificateVerify: null })],
    ['bears no certificate', () => ({ certificate: vectorOf(3) })],
    ['bears no certificate and signs nothing', () => ({ certificate: vectorOf(3), certificateVerify: null })],
    ['bears an empty certificate', () => ({ certificate: vectorOf(3, vectorOf(3)) })],
    ['bears nonsense for a certificate', () => ({ certificate: vectorOf(3, vectorOf(3, nonsense('certificate'))) })],
    [
      'bears another certificate before its own',
      () => ({ certificate: vectorOf(3, vectorOf(3, other.der), vectorOf(3, certificate.der)) }),
    ],
    [
      'bears its certificate behind another whose key it has',
      () => ({
        certificate: vectorOf(3, vectorOf(3, other.der), vectorOf(3, certificate.der)),
        certificateVerify: (transcript) => signedBy(other, transcript),
      }),
    ],
    ['has a Finished of zeros', () => ({ verifyData: (honest) => Buffer.alloc(honest.length) })],
    ['has a Finished that is wrong in one bit', () => ({ verifyData: (honest) => flipped(honest) })],
    ['has an empty Finished', () => ({ verifyData: () => Buffer.alloc(0) })],
    ['has a Finished that is too long', () => ({ verifyData: (honest) => Buffer.concat([honest, Buffer.alloc(1)]) })],
    ['sends its Finished in the clear', () => ({ plainFinished: true })],
    [
      'leaves the certificate out',
      () => ({ proof: (messages) => messages.slice(1).map((message, at) => ({ ...message, sequence: 2 + at })) }),
    ],
    ['sends a certificate in place of its key', () => ({ proof: (messages) => swapped(messages) })],
    ['has a key that is no point of the curve', () => ({ groups: [23], publicKey: keyOf(65, 4) })],
    ['has a key of X25519 that is zero', () => ({ publicKey: keyOf(32, 0) })],
    ['has a key of the wrong length', () => ({ publicKey: keyOf(31, 9) })],
    ['speaks DTLS 1.0', () => ({ version: 0xfeff })],
    ['speaks DTLS 1.3 alone', () => ({ versions: [0xfefc] })],
    ['speaks suites with CBC', () => ({ suites: [0xc009, 0xc013, 0x002f] })],
    ['speaks suites of RSA, of anonymous clients and of none', () => ({ suites: [0xc02f, 0x009c, 0x00a6, 0x0000] })],
    ['speaks no SRTP', () => ({ srtpProfiles: [] })],
    ['speaks SRTP without encryption', () => ({ srtpProfiles: [5, 6, 2] })],
    ['speaks other groups', () => ({ groups: [24, 25, 30] })],
    ['speaks signatures of SHA-1', () => ({ signatureSchemes: [0x0203, 0x0201] })],
  ])('is not let in when it %s', (_, deviations) => {
    const { server, client, told } = shaken(deviations());
    expect(server.isConnected).toBe(false);
    expect(client.isConnected).toBe(false);
    expect(told.serverKeys).toBeNull();
    expect(told.alive).toBeLessThanOrEqual(1);
  });

  it('is not let in with another certificate than the offer names, nor by a fingerprint that proves nothing', () => {
    const named = (algorithm: string, value: string) => ({ fingerprints: [{ algorithm, value }] });
    expect(shaken({}, named('sha-256', other.fingerprint)).server.isConnected).toBe(false);
    const { fingerprint } = new X509Certificate(certificate.der);
    expect(shaken({}, named('sha-1', fingerprint)).server.isConnected).toBe(false);
    expect(shaken({}, named('md5', certificate.fingerprint)).server.isConnected).toBe(false);
    expect(shaken({}, named('sha-256', certificate.fingerprint.slice(0, -3))).server.isConnected).toBe(false);
  });

  it('is told at once, encrypted or not, when nothing that it can still do would help', () => {
    expect(shaken({ version: 0xfeff }).told).toMatchObject({ ended: ['failed'], alerts: [70] });
    expect(shaken({ suites: [1] }).told).toMatchObject({ ended: ['failed'], alerts: [40] });
    expect(shaken({ verifyData: () => Buffer.alloc(12) }).told).toMatchObject({ ended: ['failed'], alerts: [51] });
  });

  it('may send nothing before it has: data and alerts come to nothing', () => {
    const { server, client, told, deliver, toServer } = pair({ proof: () => [] });
    client.start();
    deliver();
    toServer.length = 0;
    client.sendRecord(APPLICATION_DATA, Buffer.from('early'));
    client.sendRecord(ALERT, Buffer.from([2, 40]));
    deliver();
    expect(told).toMatchObject({ data: [], ended: [], serverKeys: null });
    expect(server.isConnected).toBe(false);
  });

  it('costs no more than some signatures', () => {
    const { server, client, told, deliver } = pair({ certificateVerify: (each) => signedBy(other, each) });
    client.start();
    deliver();
    for (let times = 0; times < 100; times += 1) {
      client.repeat();
      deliver();
    }
    expect(told.ended).toEqual(['failed']);
    expect(told.dropped.filter((reason) => reason === 'dtls-unauthentic')).toHaveLength(16);
    expect(server.isConnected).toBe(false);
  });
});

describe('what somebody else sends in a client’s name', () => {
  let forged: Buffer[];

  beforeEach(() => {
    const random = seededRandom(3);
    const junk = (length: number) => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
    const handshake = (type: number, sequence: number, body: Buffer) =>
      writeRecord(HANDSHAKE, 0, 7, writeMessage({ type, sequence, body }));
    forged = [
      ...[0, 1, 10, 40, 42, 80, 90, 100, 255].flatMap((description) => [
        writeRecord(ALERT, 0, 9, Buffer.from([1, description])),
        writeRecord(ALERT, 0, 9, Buffer.from([2, description])),
      ]),
      ...Array.from({ length: 43 }, (_, index) => writeRecord(20 + index, 0, index, junk(2))),
      ...Array.from({ length: 43 }, (_, index) => writeRecord(20 + index, 1, 2 ** 40 + index, junk(60))),
      ...Array.from({ length: 43 }, (_, index) => writeRecord(20 + index, 65_535, index, junk(60))),
      ...Array.from({ length: 25 }, (_, type) => handshake(type, 2 + (type % 4), junk(30))),
      ...[0, 1, 2, 3, 4, 5].map((sequence) => handshake(CLIENT_HELLO, sequence, junk(80))),
      ...[2, 3, 4, 5].map((sequence) => handshake(CERTIFICATE, sequence, vectorOf(3, vectorOf(3, other.der)))),
      handshake(CLIENT_KEY_EXCHANGE, 3, vectorOf(1, junk(32))),
      handshake(20, 5, Buffer.alloc(12)),
    ];
  });

  it('ends no connection', () => {
    const { server, client, told, deliver } = shaken();
    for (const datagram of forged) server.receive(datagram);
    expect(told.ended).toEqual([]);
    client.sendRecord(APPLICATION_DATA, Buffer.from('still here'));
    deliver();
    expect(told.data).toEqual(['still here']);
    expect(told.dropped).toEqual(expect.arrayContaining(['dtls-plaintext', 'dtls-unauthentic']));
  });

  it('ends no handshake, wherever in it it comes', () => {
    for (let before = 0; before < 8; before += 1) {
      const { server, client, told, toServer, toClient } = pair({ fragmentBytes: 60 });
      let delivered = 0;
      client.start();
      for (let round = 0; round < 30 && !client.isConnected; round += 1) {
        if (delivered === before) for (const datagram of forged) server.receive(datagram);
        for (const datagram of toServer.splice(0)) server.receive(datagram);
        for (const datagram of toClient.splice(0)) client.receive(datagram);
        delivered += 1;
        if (round % 3 === 2) client.repeat();
      }
      expect(told.ended).toEqual([]);
      expect(client.isConnected).toBe(true);
      expect(told.serverKeys).toEqual(told.clientKeys);
    }
  });

  it('is not taken for the client when it is a repetition', () => {
    const { server, client, told } = shaken();
    const once = client.sealed(APPLICATION_DATA, Buffer.from('pay'));
    for (let times = 0; times < 5; times += 1) server.receive(once);
    expect(told.data).toEqual(['pay']);
    expect(told.dropped.filter((reason) => reason === 'dtls-replayed')).toHaveLength(4);
  });

  it('makes the server answer no more than it is sent, before an address is proved', () => {
    const { server, toClient, toServer, client } = pair();
    client.start();
    const [hello] = toServer.splice(0);
    for (let times = 0; times < 50; times += 1) server.receive(hello!);
    expect(toClient.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(50 * hello!.length);
  });
});

describe('a renegotiation', () => {
  it('is not begun, by the client itself either', () => {
    const { client, told, deliver } = shaken();
    client.sendRecord(HANDSHAKE, writeMessage({ type: CLIENT_HELLO, sequence: 6, body: Buffer.alloc(80) }));
    client.sendRecord(APPLICATION_DATA, Buffer.from('as before'));
    deliver();
    expect(told.data).toEqual(['as before']);
    expect(told.dropped).toContain('dtls-unexpected');
  });
});

describe('whatever bytes come', () => {
  it('nothing is thrown and nobody is let in', () => {
    const random = seededRandom(17);
    const honest = pair();
    honest.client.start();
    const seen: Buffer[] = [];
    for (let round = 0; round < 6; round += 1) {
      seen.push(...honest.toServer);
      for (const datagram of honest.toServer.splice(0)) honest.server.receive(datagram);
      for (const datagram of honest.toClient.splice(0)) honest.client.receive(datagram);
    }
    for (let times = 0; times < 400; times += 1) {
      const { server, told } = pair();
      for (const datagram of seen) {
        const bytes = Buffer.from(datagram);
        for (let flips = 0; flips < 3; flips += 1)
          bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
        server.receive(random() < 0.2 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes);
      }
      expect(told.serverKeys).toBeNull();
    }
  });
});

describe('a window of numbers', () => {
  it('tells each number once, in any order, and nothing that is too old', () => {
    const window = new ReplayWindow(64);
    const random = seededRandom(2);
    const seen = new Set<number>();
    let newest = -1;
    for (let times = 0; times < 20_000; times += 1) {
      const sequence = Math.max(0, newest + Math.floor(random() * (random() < 0.01 ? 300 : 90)) - 80);
      const isNew = !seen.has(sequence) && (sequence > newest || newest - sequence < 64);
      expect(window.isNew(sequence)).toBe(isNew);
      if (!isNew) continue;
      window.note(sequence);
      seen.add(sequence);
      newest = Math.max(newest, sequence);
    }
  });
});

function renamed(scheme: number, transcript: Buffer): Buffer {
  const body = Buffer.from(signedBy(certificate, transcript));
  body.writeUInt16BE(scheme, 0);
  return body;
}

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed[11]! ^= 1;
  return changed;
}

function swapped(messages: HandshakeMessage[]): HandshakeMessage[] {
  return messages.map((message, at) => (at === 1 ? { ...messages[0]!, sequence: message.sequence } : message));
}

function keyOf(length: number, first: number): Buffer {
  const key = Buffer.alloc(length);
  key[0] = first;
  return key;
}
