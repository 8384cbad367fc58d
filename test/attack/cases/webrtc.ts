import { setTimeout as sleep } from 'node:timers/promises';
import { ALERT, HANDSHAKE, writeRecord } from '../../../server/ingest/webrtc/dtls/dtls-record.ts';
import { CLIENT_HELLO, writeMessage } from '../../../server/ingest/webrtc/dtls/handshake-message.ts';
import { vectorOf } from '../../../server/ingest/webrtc/dtls/tls-reader.ts';
import { holdsWithin } from '../../support/until.ts';
import { AttackedAssociation } from '../../support/webrtc/attacked-association.ts';
import { startForPeers } from '../../support/webrtc/attacked-server.ts';
import { type DtlsDeviations, nonsense, signedBy } from '../../support/webrtc/dtls-client.ts';
import { makeCertificate } from '../../support/webrtc/peer-certificate.ts';
import { chunkOf, initChunk, numbers } from '../../support/webrtc/sctp-chunks.ts';
import { type AttackerOptions, WebRtcAttacker } from '../../support/webrtc/webrtc-attacker.ts';
import type { AttackCase } from '../attack-case.ts';
import type { ServerUnderAttack } from '../server-under-attack.ts';

const PACKETS = 'undertone_ingest_received_total{kind="packet"}';

/** On a busy machine. */
const HEARD_WITHIN_MS = 30_000;

/** Whether media that this peer sends is taken. */
async function isHeard(server: ServerUnderAttack, attacker: WebRtcAttacker, from = 1): Promise<boolean> {
  const before = (await server.metric(PACKETS)) || 0;
  for (let sequence = from; sequence < from + 25; sequence += 1) {
    attacker.send(
      attacker.sealRtp(Buffer.from([0xf8, 0xff, 0xfe]), { sequenceNumber: sequence, timestamp: 960 * sequence }),
    );
    await sleep(4);
  }
  return holdsWithin(HEARD_WITHIN_MS, async () => ((await server.metric(PACKETS)) || 0) > before);
}

export const cases: readonly AttackCase[] = [
  {
    name: 'a DTLS client is let in only when it proves that it has the key of its offer',
    async run(attack) {
      const { server, peer } = await startForPeers(attack);
      const [own, other, rsa] = [makeCertificate(), makeCertificate(), makeCertificate('rsa')];
      for (const certificate of [own, rsa]) {
        await using honest = await WebRtcAttacker.connect({ ...peer, certificate });
        if (!(await isHeard(server, honest))) throw new Error('the media of an honest client was not taken');
        await honest.leave();
      }
      const hostile: readonly [string, DtlsDeviations, Partial<AttackerOptions>?][] = [
        ['with another private key', { certificateVerify: (transcript) => signedBy(other, transcript) }],
        [
          'with a random CertificateVerify',
          { certificateVerify: () => Buffer.concat([numbers([0x0403, 2]), vectorOf(2, nonsense('x'))]) },
        ],
        ['with a signature of something else', { certificateVerify: () => signedBy(own, nonsense('y')) }],
        ['without a CertificateVerify', { certificateVerify: null }],
        ['with a Finished of zeros', { verifyData: (honest) => Buffer.alloc(honest.length) }],
        ['with an empty Finished', { verifyData: () => Buffer.alloc(0) }],
        ['with its Finished in the clear', { plainFinished: true }],
        ['without a certificate', { certificate: vectorOf(3), certificateVerify: null }],
        ['with a certificate that is nonsense', { certificate: vectorOf(3, vectorOf(3, nonsense('z'))) }],
        ['with a certificate that its offer does not name', {}, { fingerprints: [`sha-256 ${other.fingerprint}`] }],
        [
          'with another certificate before its own',
          { certificate: vectorOf(3, vectorOf(3, other.der), vectorOf(3, own.der)) },
        ],
        ['of DTLS 1.0', { version: 0xfeff }],
        ['without SRTP', { srtpProfiles: [] }],
        ['of other cipher suites', { suites: [0xc009, 0x002f, 0xc02f, 0x0000] }],
      ];
      const letIn: string[] = [];
      const tries = hostile.map(async ([what, deviations, more]) => {
        await using attacker = await WebRtcAttacker.open({ ...peer, certificate: own, deviations, ...more });
        if (await attacker.handshake(3000)) letIn.push(what);
      });
      await Promise.all(tries);
      attack.figure('hostile clients let in', letIn.length, `of ${hostile.length}`);
      await server.mustAnswer();
      if (letIn.length > 0) throw new Error(`clients were let in: ${letIn.join('; ')}`);
    },
  },
  {
    name: 'no datagram that somebody else sends ends a WebRTC call',
    async run(attack) {
      const { server, peer } = await startForPeers(attack);
      await using victim = await WebRtcAttacker.connect(peer);
      if (!(await isHeard(server, victim))) throw new Error('the victim was never heard');
      const forged: Buffer[] = [];
      for (let description = 0; description < 256; description += 1) {
        for (const level of [1, 2]) forged.push(writeRecord(ALERT, 0, 7, Buffer.from([level, description])));
      }
      for (let type = 20; type < 64; type += 1) {
        for (const epoch of [0, 1, 2, 65_535])
          forged.push(writeRecord(type, epoch, 2 ** 40, nonsense(`${type} ${epoch}`)));
      }
      for (let type = 0; type < 26; type += 1) {
        for (let sequence = 0; sequence < 8; sequence += 1) {
          const body = nonsense(`${type} ${sequence}`);
          forged.push(writeRecord(HANDSHAKE, 0, 9, writeMessage({ type, sequence, body })));
        }
      }
      for (let packet = 0; packet < 200; packet += 1)
        forged.push(Buffer.concat([Buffer.from([0x80, 200 * (packet % 2)]), nonsense(`${packet}`)]));
      forged.push(
        writeRecord(HANDSHAKE, 0, 9, writeMessage({ type: CLIENT_HELLO, sequence: 0, body: Buffer.alloc(60, 1) })),
      );
      // From the victim's own address, as a forger would write it.
      for (const datagram of forged) {
        victim.send(datagram);
        await sleep(1);
      }
      attack.figure('forged datagrams', forged.length, '');
      await server.mustAnswer();
      if (!(await isHeard(server, victim, 1000))) throw new Error('the call was ended by a forged datagram');
      if ((await victim.leave()) !== 200) throw new Error('the publisher was gone');
    },
  },
  {
    name: 'no forged datagram ends a WebRTC handshake',
    async run(attack) {
      const { server, peer } = await startForPeers(attack);
      for (let round = 0; round < attack.rounds(2, 20); round += 1) {
        await using victim = await WebRtcAttacker.open(peer);
        const forge = async (): Promise<void> => {
          for (let type = 0; type < 21; type += 1) {
            for (let sequence = 0; sequence < 5; sequence += 1) {
              const body = nonsense(`${round} ${type} ${sequence}`);
              victim.send(writeRecord(HANDSHAKE, 0, 9, writeMessage({ type, sequence, body })));
            }
            victim.send(writeRecord(ALERT, 0, 9, Buffer.from([2, 40])));
            victim.send(writeRecord(20 + type, 0, 9, Buffer.from([1])));
          }
        };
        await forge();
        const shaken = victim.handshake(60_000);
        for (let times = 0; times < 5; times += 1) {
          await sleep(2);
          await forge();
        }
        if (!(await shaken)) throw new Error('an honest client was kept out by forged datagrams');
        await victim.leave();
      }
      await server.mustAnswer();
    },
  },
  {
    name: 'a WebRTC peer keeps its address, whoever claims it',
    async run(attack) {
      const { server, peer } = await startForPeers(attack);
      await using victim = await WebRtcAttacker.connect(peer);
      await using thief = await WebRtcAttacker.open(peer);
      if (!(await isHeard(server, victim))) throw new Error('the victim was never heard');
      // The thief's own check, with the victim's sender address forged.
      for (let times = 0; times < 5; times += 1) thief.send(thief.check(), victim.socket);
      await sleep(200);
      if (!(await isHeard(server, victim, 1000))) throw new Error('a forged check took the address of a live call');
    },
  },
  {
    name: 'no packet of SCTP ends the process, hangs it or fills its memory',
    async run(attack) {
      const { server, peer } = await startForPeers(attack);
      const shapes: readonly [string, (association: AttackedAssociation) => void][] = [
        ['three bytes', ({ attacker }) => attacker.sendSctp(Buffer.from([1, 2, 3]))],
        ['nothing', ({ attacker }) => attacker.sendSctp(Buffer.alloc(0))],
        ['a wrong checksum', ({ attacker }) => attacker.sendSctp(Buffer.alloc(64, 7))],
        ['an unknown chunk', (association) => association.send(chunkOf(63, Buffer.alloc(8)))],
        ['a parameter of length 0', (association) => association.send(chunkOf(4, Buffer.alloc(4)))],
        ['an abort with a cause of length 0', (association) => association.send(chunkOf(6, Buffer.alloc(4)))],
        ['a report that is cut short', (association) => association.send(chunkOf(3, Buffer.alloc(3)))],
        [
          'a report of 65,535 gaps',
          (association) => association.send(chunkOf(3, numbers([1, 4], [1, 4], [65_535, 2], [0, 2]))),
        ],
        [
          'reports of wide gaps',
          (association) => {
            const gaps = Array.from({ length: 250 }, () => numbers([1, 2], [65_535, 2]));
            for (let times = 0; times < 50; times += 1) {
              const header = numbers([association.acknowledged, 4], [100_000, 4], [gaps.length, 2], [0, 2]);
              association.send(chunkOf(3, Buffer.concat([header, ...gaps])));
            }
          },
        ],
        ['a second INIT', (association) => association.sendInit(initChunk({ tsn: 0 }))],
        ['an INIT of number 0 and a report', (association) => association.send(chunkOf(1, Buffer.alloc(2)))],
        ['data cut short', (association) => association.send(chunkOf(0, Buffer.alloc(3), 3))],
        ['data of an unknown protocol', (association) => association.data({ protocol: 4321 })],
        [
          'an acknowledged channel that is none',
          (association) => association.data({ protocol: 50, text: '\x02', stream: 9 }),
        ],
        ['an open that is cut short', (association) => association.data({ protocol: 50, text: '\x03', stream: 9 })],
        [
          'an open with a label beyond its end',
          (association) => association.data({ protocol: 50, text: `\x03${'\xff'.repeat(11)}`, stream: 9 }),
        ],
        ['a reset cut short', (association) => association.send(chunkOf(130, Buffer.from([0, 13, 0, 6, 0, 0])))],
        ['a skip cut short', (association) => association.send(chunkOf(192, Buffer.alloc(2)))],
        [
          'shutdowns',
          (association) => {
            for (const type of [7, 7, 8, 14]) association.send(chunkOf(type, Buffer.alloc(4)));
          },
        ],
      ];
      for (const [what, send] of shapes) {
        await using association = await AttackedAssociation.open(peer);
        send(association);
        await sleep(60);
        await server.mustAnswer().catch((cause: unknown) => {
          throw new Error(`the server gave way to ${what}`, { cause });
        });
      }
      // Pieces of messages that never end, on ever new streams.
      const before = server.residentMib();
      let inputs = shapes.length;
      const flooding = Array.from({ length: attack.rounds(4, 16) }, async () => {
        await using association = await AttackedAssociation.open(peer);
        for (let sent = 0; sent < attack.rounds(4000, 40_000); sent += 1) {
          association.data({ stream: sent % 5000, flags: 2 * (sent % 2), text: 'x'.repeat(1 + (sent % 900)) });
          inputs += 1;
          if (sent % 100 === 0) await sleep(5);
        }
      });
      await Promise.all(flooding);
      attack.figure('inputs', inputs, 'packets');
      attack.figure('memory gained by pieces of messages', server.residentMib() - before, 'MiB');
      await server.mustAnswer();
    },
  },
];
