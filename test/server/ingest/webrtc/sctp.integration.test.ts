import { beforeEach, describe, expect, it } from 'vitest';
import { SctpAssociation } from '../../../../server/ingest/webrtc/sctp/sctp-association.ts';
import { SctpGate, type SctpInside } from '../../../../server/ingest/webrtc/sctp/sctp-gate.ts';
import { readSctpPacket, type SctpChunk, writeSctpPacket } from '../../../../server/ingest/webrtc/sctp/sctp-packet.ts';
import type { MessageChannel } from '../../../../server/ingest/webrtc/transport/media-transport.ts';
import { PeerGuard } from '../../../../server/peer-guard.ts';
import { seededRandom } from '../../../support/e2e/seeded-random.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';
import {
  chunkOf,
  dataChunk,
  initChunk,
  numbers,
  openChannel,
  withChecksum,
} from '../../../support/webrtc/sctp-chunks.ts';

const TAG = 77;
const packetOf = (tag: number, ...chunks: SctpChunk[]): Buffer =>
  writeSctpPacket({ sourcePort: 5000, destinationPort: 5000, verificationTag: tag, chunks });

describe('a packet of SCTP', () => {
  it('is read as it was written, with padding and without', () => {
    const chunks = [chunkOf(4, Buffer.from([0, 1, 0, 7, 1, 2, 3])), chunkOf(0, Buffer.alloc(13))];
    expect(readSctpPacket(packetOf(5, ...chunks))).toMatchObject({ verificationTag: 5, chunks });
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['three bytes', (bytes) => bytes.subarray(0, 3)],
    ['a header alone', (bytes) => withChecksum(bytes.subarray(0, 12))],
    ['a wrong checksum', (bytes) => changed(bytes, 8, 1)],
    ['a chunk of length 0', (bytes) => withChecksum(changed(bytes, 15, 0))],
    ['a chunk of length 3', (bytes) => withChecksum(changed(bytes, 15, 3))],
    ['a chunk beyond the end', (bytes) => withChecksum(changed(bytes, 14, 1))],
    ['a rest that is no chunk', (bytes) => withChecksum(Buffer.concat([bytes, Buffer.from([0, 0])]))],
  ])('with %s is none', (_, damage) => {
    const whole = packetOf(5, chunkOf(0, Buffer.alloc(16)));
    expect(readSctpPacket(whole)).not.toBeNull();
    expect(readSctpPacket(damage(Buffer.from(whole)))).toBeNull();
  });
});

describe('the gate before an association', () => {
  let inside: { -readonly [Key in keyof SctpInside]: SctpInside[Key] };
  let dropped: string[];
  let gate: SctpGate;

  beforeEach(() => {
    dropped = [];
    const streams = new Set([0]);
    inside = {
      verificationTag: TAG,
      isEstablished: false,
      nextTsn: 500,
      heldBytes: 0,
      heldChunks: 0,
      hasStream: (id) => streams.has(id),
      streams: 1,
    };
    gate = new SctpGate({
      localPort: 5000,
      remotePort: 5000,
      windowBytes: 128 * 1024,
      inside,
      onDropped: (reason) => dropped.push(reason),
    });
    gate.pass(packetOf(0, initChunk({ tsn: 1000 })));
    inside.isEstablished = true;
  });

  const verdictOf = (...chunks: SctpChunk[]): string | null => {
    dropped.length = 0;
    return gate.pass(packetOf(TAG, ...chunks)) === null ? dropped.join() : null;
  };

  it.each<[string, SctpChunk]>([
    ['data of no bytes', chunkOf(0, numbers([1000, 4], [0, 2], [0, 2], [51, 4]))],
    ['data that is cut short', chunkOf(0, Buffer.alloc(5))],
    ['data of an unknown payload protocol', dataChunk({ tsn: 1000, protocol: 99 })],
    ['a report that is cut short', chunkOf(3, Buffer.alloc(4))],
    ['a report with more gaps than it has bytes', chunkOf(3, numbers([499, 4], [1000, 4], [60_000, 2], [0, 2]))],
    ['parameters of length 0', chunkOf(4, Buffer.from([0, 1, 0, 0]))],
    ['an abort with parameters of length 0', chunkOf(6, Buffer.alloc(4))],
    ['an error with parameters beyond its end', chunkOf(9, Buffer.from([0, 1, 0, 9]))],
    ['a shutdown without a number', chunkOf(7, Buffer.alloc(0))],
    ['a skip that is cut short', chunkOf(192, Buffer.alloc(3))],
    ['a skip with half a stream', chunkOf(192, Buffer.alloc(6))],
    ['a reset that is cut short', chunkOf(130, Buffer.from([0, 13, 0, 8, 0, 0, 0, 0]))],
    ['a reset with half a stream', chunkOf(130, Buffer.from([0, 13, 0, 17, ...Buffer.alloc(13), 0, 0, 0]))],
  ])('holds back %s as malformed', (_, chunk) => {
    expect(verdictOf(chunk)).toBe('sctp-malformed');
  });

  it.each<[string, SctpChunk]>([
    ['a second association', initChunk({ tsn: 1 })],
    ['a report of what was never sent', chunkOf(3, numbers([600, 4], [1000, 4], [0, 4]))],
    [
      'a report with gaps behind what was sent',
      chunkOf(3, numbers([498, 4], [1000, 4], [1, 2], [0, 2], [1, 2], [9, 2])),
    ],
    ['a skip over streams on which nothing came', chunkOf(192, numbers([1001, 4], [9, 2], [0, 2]))],
  ])('holds back %s as unexpected', (_, chunk) => {
    expect(verdictOf(chunk)).toBe('sctp-unexpected');
  });

  it('holds back data before an association, and whatever bears another tag', () => {
    inside.isEstablished = false;
    expect(verdictOf(dataChunk({ tsn: 1000 }))).toBe('sctp-unexpected');
    expect(verdictOf(chunkOf(10, Buffer.alloc(24)), dataChunk({ tsn: 1000 }))).toBeNull();
    expect(gate.pass(packetOf(TAG + 1, chunkOf(4, Buffer.alloc(0))))).toBeNull();
    expect(gate.pass(packetOf(0, initChunk({ tsn: 0 })))).toBeNull();
  });

  it('bounds what may wait: how far ahead, how much, how many, on how many streams', () => {
    expect(verdictOf(dataChunk({ tsn: 1128 }))).toBe('sctp-over-limit');
    expect(verdictOf(dataChunk({ tsn: 1127 }))).toBeNull();
    inside.heldBytes = 128 * 1024 - 3;
    expect(verdictOf(dataChunk({ tsn: 1000, text: 'four' }))).toBe('sctp-over-limit');
    expect(verdictOf(dataChunk({ tsn: 1000, text: 'two' }))).toBeNull();
    inside.heldBytes = 0;
    inside.heldChunks = 512;
    expect(verdictOf(dataChunk({ tsn: 1001 }))).toBe('sctp-over-limit');
    inside.heldChunks = 0;
    inside.streams = 16;
    expect(verdictOf(dataChunk({ tsn: 1001, stream: 40 }))).toBe('sctp-over-limit');
    expect(verdictOf(dataChunk({ tsn: 1001, stream: 0 }))).toBeNull();
  });

  it('lets data through over the wrap of its numbers, and repetitions of it', () => {
    inside.isEstablished = false;
    gate.pass(packetOf(0, initChunk({ tsn: 0xffffffff })));
    inside.isEstablished = true;
    for (const tsn of [0xffffffff, 1, 0, 0, 2]) expect(verdictOf(dataChunk({ tsn }))).toBeNull();
    expect(verdictOf(dataChunk({ tsn: 131 }))).toBe('sctp-over-limit');
    expect(verdictOf(dataChunk({ tsn: 130 }))).toBeNull();
  });

  it('skips chunks of unknown kinds as they ask for, and lets the others through', () => {
    const heartbeat = chunkOf(4, Buffer.from([0, 1, 0, 4]));
    const passed = gate.pass(packetOf(TAG, chunkOf(0x84, Buffer.alloc(9)), heartbeat, chunkOf(64, Buffer.alloc(4))));
    expect(readSctpPacket(passed!)!.chunks).toEqual([heartbeat]);
  });
});

describe('an association', () => {
  it('carries messages both ways, and nothing that it is sent makes it throw or grow', async () => {
    const clock = new ManualClock();
    const faults: unknown[] = [];
    const sent: Buffer[] = [];
    const dropped = new Map<string, number>();
    const channels: MessageChannel[] = [];
    const heard: (string | null)[] = [];
    const association = new SctpAssociation({
      remotePort: 5000,
      maxMessageBytes: 65_536,
      clock,
      guard: new PeerGuard((error) => faults.push(error)),
      send: (packet) => sent.push(packet),
      onChannel: (channel) => {
        channels.push(channel);
        channel.listen((text) => heard.push(text));
      },
      onDropped: (reason) => dropped.set(reason, (dropped.get(reason) ?? 0) + 1),
    });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    association.receive(packetOf(0, initChunk({ tsn: 1000 })));
    await turn();
    const answer = readSctpPacket(sent[0]!)!.chunks[0]!;
    const tag = answer.value.readUInt32BE(0);
    const cookie = answer.value.subarray(answer.value.length - 24);
    association.receive(packetOf(tag, chunkOf(10, cookie), openChannel(1000, 'words')));
    await turn();
    association.receive(packetOf(tag, dataChunk({ tsn: 1001, sequence: 1, text: 'hello' })));
    association.receive(packetOf(tag, dataChunk({ tsn: 1002, sequence: 2, protocol: 53 })));
    await turn();
    expect(channels.map(({ label }) => label)).toEqual(['words']);
    expect(heard).toEqual(['hello', null]);

    const random = seededRandom(23);
    const junk = (length: number) => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
    for (let times = 0; times < 20_000; times += 1) {
      clock.advance(3);
      const kinds = [0, 0, 0, 1, 2, 3, 3, 4, 5, 8, 9, 10, 11, 12, 14, 64, 128, 130, 130, 192, 255];
      const chunks = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
        const type = kinds[Math.floor(random() * kinds.length)]!;
        const value = junk(Math.floor(random() * 40));
        // Some of it looks right.
        if (type === 0 && random() < 0.8) {
          const tsn = 1003 + Math.floor(random() * 200);
          return dataChunk({ tsn, stream: Math.floor(random() * 30), flags: Math.floor(random() * 8), text: 'x' });
        }
        if (type === 130 && random() < 0.8) return chunkOf(130, Buffer.concat([Buffer.from([0, 13, 0, 18]), junk(14)]));
        if (type === 192 && random() < 0.8) return chunkOf(192, numbers([1003 + Math.floor(random() * 9), 4], [0, 4]));
        return chunkOf(type, value);
      });
      association.receive(packetOf(random() < 0.95 ? tag : 0, ...chunks));
      if (times % 50 === 0) await turn();
    }
    for (let times = 0; times < 500; times += 1) channels[0]!.send('a reply that is never acknowledged');
    await turn();
    expect(faults).toEqual([]);
    expect([...dropped.keys()]).toEqual(
      expect.arrayContaining(['sctp-malformed', 'sctp-unexpected', 'sctp-over-limit', 'sctp-reply']),
    );
    association.close();
  });

  it('takes no more packets than words need', async () => {
    const dropped: string[] = [];
    const association = new SctpAssociation({
      remotePort: 5000,
      maxMessageBytes: 65_536,
      clock: new ManualClock(),
      guard: new PeerGuard(() => {}),
      send: () => {},
      onChannel: () => {},
      onDropped: (reason) => dropped.push(reason),
    });
    for (let times = 0; times < 1100; times += 1) association.receive(Buffer.alloc(3));
    expect(dropped.filter((reason) => reason === 'sctp-too-fast')).toHaveLength(100);
    association.close();
  });
});

function changed(bytes: Buffer, at: number, value: number): Buffer {
  bytes[at] = bytes[at] === value ? value + 1 : value;
  return bytes;
}
