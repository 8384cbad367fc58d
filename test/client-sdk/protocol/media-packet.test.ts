import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeMediaPacket,
  encodeMediaPacket,
  MAX_MEDIA_TIME_MS,
  type MediaPacket,
  ProtocolError,
} from '../../../client-sdk/protocol/index.ts';

const packets: fc.Arbitrary<MediaPacket> = fc.record({
  kind: fc.constantFrom('audio' as const, 'video' as const),
  track: fc.integer({ min: 0, max: 0xffff }),
  mediaTimeMs: fc.double({ min: 0, max: MAX_MEDIA_TIME_MS, noNaN: true }),
  payload: fc.uint8Array({ minLength: 1, maxLength: 300 }),
});

const PACKET: MediaPacket = { kind: 'audio', track: 258, mediaTimeMs: 1.5, payload: Uint8Array.of(7, 8, 9) };

function codeOf(action: () => unknown): string | null {
  try {
    action();
    return null;
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

/** The sample packet with some bytes overwritten. */
function packetWith(offset: number, ...bytes: number[]): Uint8Array {
  const packet = encodeMediaPacket(PACKET);
  packet.set(bytes, offset);
  return packet;
}

describe('a media packet', () => {
  it('has the documented little-endian layout', () => {
    const header = [1, 1, 0x02, 0x01, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f];
    expect([...encodeMediaPacket(PACKET)]).toEqual([...header, 7, 8, 9]);
  });

  it('comes back from its bytes as it went in', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        expect(decodeMediaPacket(encodeMediaPacket(packet))).toEqual(packet);
      }),
    );
  });

  it('is decoded without copying, from any place in a larger buffer', () => {
    const buffer = Buffer.concat([Buffer.from([0, 0, 0]), encodeMediaPacket(PACKET)]).subarray(3);
    const { payload } = decodeMediaPacket(buffer);
    buffer[16] = 42;
    expect([...payload]).toEqual([42, 8, 9]);
  });

  it.each([
    ['no bytes', new Uint8Array(0), 'truncated-packet'],
    ['half a header', encodeMediaPacket(PACKET).subarray(0, 15), 'truncated-packet'],
    ['a header alone', encodeMediaPacket(PACKET).subarray(0, 16), 'truncated-packet'],
    ['a payload that is cut', encodeMediaPacket(PACKET).subarray(0, 18), 'truncated-packet'],
    ['a length of 4 GiB', packetWith(4, 0xff, 0xff, 0xff, 0xff), 'truncated-packet'],
    ['bytes after the payload', packetWith(4, 2), 'trailing-bytes'],
    ['a length of nothing', packetWith(4, 0), 'empty-payload'],
    ['version 0', packetWith(0, 0), 'unsupported-version'],
    ['version 2', packetWith(0, 2), 'unsupported-version'],
    ['kind 0', packetWith(1, 0), 'unknown-kind'],
    ['kind 3', packetWith(1, 3), 'unknown-kind'],
    ['a media time that is not a number', packetWith(14, 0xf8, 0x7f), 'invalid-media-time'],
    ['an infinite media time', packetWith(14, 0xf0, 0x7f), 'invalid-media-time'],
    ['a negative media time', packetWith(14, 0xf8, 0xbf), 'invalid-media-time'],
    ['a media time of years', packetWith(14, 0x40, 0x43), 'invalid-media-time'],
  ])('with %s is refused', (_, bytes, code) => {
    expect(codeOf(() => decodeMediaPacket(bytes))).toBe(code);
  });

  it('of arbitrary bytes is a packet or a ProtocolError, never anything else', () => {
    const nearPackets = packets.chain((packet) => {
      const bytes = encodeMediaPacket(packet);
      return fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 }).map((edits) => {
        for (const [offset, value] of edits) bytes[offset] = value;
        return bytes;
      });
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), nearPackets), (bytes) => {
        if (codeOf(() => decodeMediaPacket(bytes)) === null) {
          expect([...encodeMediaPacket(decodeMediaPacket(bytes))]).toEqual([...bytes]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a track beyond 16 bits', { track: 65_536 }],
    ['a fractional track', { track: 1.5 }],
    ['a negative time', { mediaTimeMs: -1 }],
    ['a time that is not a number', { mediaTimeMs: Number.NaN }],
    ['no payload', { payload: new Uint8Array(0) }],
  ])('with %s is not encoded', (_, overrides) => {
    expect(() => encodeMediaPacket({ ...PACKET, ...overrides })).toThrow(RangeError);
  });
});
