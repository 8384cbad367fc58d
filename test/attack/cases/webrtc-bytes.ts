import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { APPLICATION_DATA, HANDSHAKE, writeRecord } from '../../../server/ingest/webrtc/dtls/dtls-record.ts';
import { writeMessage } from '../../../server/ingest/webrtc/dtls/handshake-message.ts';
import { AttackedAssociation } from '../../support/webrtc/attacked-association.ts';
import { ATTACKED_TOKEN, startForPeers } from '../../support/webrtc/attacked-server.ts';
import { sampleOpusPackets } from '../../support/webrtc/encoded-media.ts';
import { RtpPublisher } from '../../support/webrtc/rtp-publisher.ts';
import { chunkOf, dataChunk } from '../../support/webrtc/sctp-chunks.ts';
import { bindingRequest } from '../../support/webrtc/stun-client.ts';
import { type AttackerOptions, attackerOffer } from '../../support/webrtc/webrtc-attacker.ts';
import type { AttackCase, AttackContext } from '../attack-case.ts';

export const cases: readonly AttackCase[] = [
  {
    name: 'no bytes at the WebRTC port, encrypted or not, cost the others their call',
    timeoutMs: 900_000,
    async run(attack) {
      const { server, peer } = await startForPeers(attack);
      const { customer: voice } = await sampleOpusPackets(6000);
      let isOver = false;
      // One call after the other, so that somebody speaks however long the attack is.
      const neighbours = async (): Promise<number> => {
        let calls = 0;
        for (; !isOver; calls += 1) {
          const url = `${server.url}/v1/whip?session=good-${calls}`;
          const neighbour = await new RtpPublisher({ url, token: ATTACKED_TOKEN, voice, film: null }).connect();
          await neighbour.play();
          if ((await neighbour.leave()) !== 200) throw new Error('the neighbour was gone');
        }
        return calls;
      };
      const attacking = fuzz(attack, peer, attack.rounds(6000, 300_000)).finally(() => {
        isOver = true;
      });
      const [sent, calls] = await Promise.all([attacking, neighbours()]);
      attack.figure('inputs', sent, '');
      attack.figure('calls beside', calls, '');
      await server.mustAnswer();
    },
  },
  {
    name: 'no session description ends the process',
    async run(attack) {
      const { server } = await startForPeers(attack);
      const { random } = attack;
      const offer = attackerOffer([`sha-256 ${Array(32).fill('AB').join(':')}`]);
      const answers = new Map<number, number>();
      for (let times = 0; times < attack.rounds(150, 20_000); times += 1) {
        const body = mutatedText(offer, random);
        const response = await fetch(`${server.url}/v1/whip`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/sdp', ...server.headers },
          body,
        });
        answers.set(response.status, (answers.get(response.status) ?? 0) + 1);
        const location = response.headers.get('location');
        await response.arrayBuffer();
        if (response.status === 500) throw new Error(`an offer was answered with 500:\n${body}`);
        if (location !== null)
          await fetch(new URL(location, server.url), { method: 'DELETE', headers: server.headers });
      }
      for (const [status, count] of answers) attack.figure(`answers of ${status}`, count, '');
      await server.mustAnswer();
    },
  },
];

/** Bytes of every protocol of the port, mutated: STUN, DTLS, SRTP and SRTCP in the clear, and inside the encryption. */
async function fuzz(
  attack: AttackContext,
  peer: Pick<AttackerOptions, 'url' | 'headers'>,
  inputs: number,
): Promise<number> {
  const { random } = attack;
  const stranger = createSocket('udp4');
  stranger.bind(0, '127.0.0.1');
  await once(stranger, 'listening');
  let sent = 0;
  const int = (below: number) => Math.floor(random() * below);
  const junk = (length: number) => Buffer.from(Array.from({ length }, () => int(256)));
  const mutate = (bytes: Buffer): Buffer => {
    const changed = Buffer.from(bytes);
    for (let flips = int(6); flips > 0 && changed.length > 0; flips -= 1) changed[int(changed.length)] = int(256);
    const kind = random();
    if (kind < 0.15) return changed.subarray(0, int(changed.length + 1));
    if (kind < 0.25) return Buffer.concat([changed, junk(int(60))]);
    return changed;
  };
  while (sent < inputs && !attack.signal.aborted) {
    await using association = await AttackedAssociation.open(peer);
    const { attacker } = association;
    let sequence = 1;
    const plain: (() => Buffer)[] = [
      () => bindingRequest({ username: `${attacker.ufrag}:x`, password: attacker.password }).bytes,
      () => writeRecord(20 + int(6), int(3), int(2 ** 30), junk(int(100))),
      () =>
        writeRecord(HANDSHAKE, 0, int(100), writeMessage({ type: int(25), sequence: int(6), body: junk(int(200)) })),
      () => attacker.sealRtp(junk(int(50)), { sequenceNumber: sequence, timestamp: sequence * 960 }),
      () => attacker.sealRtcp(senderReport()),
    ];
    const senderReport = (): Buffer => {
      const report = junk(28 + 4 * int(10));
      report.set([0x80 | int(32), 200 + int(8)]);
      report.writeUInt16BE(random() < 0.7 ? report.length / 4 - 1 : int(65_536), 2);
      return report;
    };
    const inside: (() => void)[] = [
      // Media that is well encrypted and badly made.
      () => {
        const payloadType = [111, 63, 96, 97, int(128)][int(5)]!;
        const payload =
          random() < 0.5 ? junk(int(80)) : Buffer.concat([Buffer.from([0x90, 0x80, 0x80, 1]), junk(int(200))]);
        sequence = (sequence + 1 + (random() < 0.02 ? int(3000) : 0)) & 0xffff;
        const fields = {
          payloadType,
          ssrc: 1234 + int(3),
          sequenceNumber: sequence,
          timestamp: int(2 ** 32),
          marker: random() < 0.4,
        };
        attacker.send(attacker.sealRtp(payload, fields));
      },
      () => attacker.send(attacker.sealRtcp(senderReport())),
      () => {
        const types = [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 64, 130, 192, int(256)];
        const chunks = Array.from({ length: 1 + int(3) }, () =>
          chunkOf(types[int(types.length)]!, junk(int(60)), int(8)),
        );
        association.send(...chunks);
      },
      () =>
        association.data({
          protocol: [50, 51, 53, 56][int(4)]!,
          text: mutate(Buffer.from('{"type":"transcript"}')).toString('latin1'),
          stream: int(4),
        }),
      () => attacker.sendSctp(mutate(association.packet(dataChunk({ tsn: int(2 ** 32) })))),
      () => attacker.dtls.sendRecord([20, 22, 23, 24][int(4)]!, junk(int(60))),
    ];
    for (let times = 0; times < 500 && sent < inputs; times += 1) {
      sent += 1;
      const pick = random();
      if (pick < 0.3) attacker.send(mutate(plain[int(plain.length)]!()));
      else if (pick < 0.4) attacker.send(mutate(plain[int(2)]!()), stranger);
      else inside[int(inside.length)]!();
      if (times % 20 === 19) await sleep(4);
    }
    attacker.send(attacker.dtls.sealed(APPLICATION_DATA, Buffer.alloc(0)));
    await attacker.leave();
  }
  stranger.close();
  return sent;
}

function mutatedText(text: string, random: () => number): string {
  const lines = text.split('\r\n');
  const int = (below: number) => Math.floor(random() * below);
  for (let changes = 1 + int(3); changes > 0; changes -= 1) {
    const at = int(lines.length);
    const line = lines[at] ?? '';
    const place = int(line.length + 1);
    const kind = int(7);
    if (kind === 0) lines.splice(at, 1);
    else if (kind === 1) lines.splice(at, 0, line);
    else if (kind === 2) lines[at] = line.slice(0, place);
    else if (kind === 3) lines[at] = line.slice(0, place) + String.fromCharCode(int(0x3000)) + line.slice(place + 1);
    else if (kind === 4) lines[at] = line.replace(/\d+/, String([-1, 0, 65_536, 2 ** 53, Number.NaN][int(5)]));
    else if (kind === 5) lines[at] = line + line.slice(place).repeat(int(50));
    else lines[at] = lines[int(lines.length)] ?? '';
  }
  return lines.join('\r\n');
}
