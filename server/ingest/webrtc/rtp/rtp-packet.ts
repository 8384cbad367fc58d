/** A parsed RTP packet (RFC 3550). */
export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  /** 0…65535. */
  readonly sequence: number;
  /** 32 bits, in units of the codec's clock. */
  readonly timestamp: number;
  readonly ssrc: number;
  /** Without padding. May be empty. A view of the datagram. */
  readonly payload: Buffer;
  /** Header extensions of RFC 8285, by id. Null if there are none. */
  readonly extensions: ReadonlyMap<number, Buffer> | null;
}

const FIXED_BYTES = 12;
const ONE_BYTE_PROFILE = 0xbede;
const TWO_BYTE_PROFILE = 0x1000;

/** Reads a packet. Null if it is malformed. */
export function parseRtp(bytes: Buffer): RtpPacket | null {
  if (bytes.length < FIXED_BYTES || bytes[0]! >> 6 !== 2) return null;
  const hasPadding = (bytes[0]! & 0x20) !== 0;
  const hasExtension = (bytes[0]! & 0x10) !== 0;
  let payloadAt = FIXED_BYTES + 4 * (bytes[0]! & 0x0f);
  let extensions: Map<number, Buffer> | null = null;
  if (hasExtension) {
    if (bytes.length < payloadAt + 4) return null;
    const profile = bytes.readUInt16BE(payloadAt);
    const length = 4 * bytes.readUInt16BE(payloadAt + 2);
    const body = bytes.subarray(payloadAt + 4, payloadAt + 4 + length);
    payloadAt += 4 + length;
    if (profile === ONE_BYTE_PROFILE) extensions = readExtensions(body, 1);
    else if ((profile & 0xfff0) === TWO_BYTE_PROFILE) extensions = readExtensions(body, 2);
  }
  const payloadEnd = bytes.length - (hasPadding ? bytes[bytes.length - 1]! : 0);
  if (payloadAt > payloadEnd) return null;
  return {
    payloadType: bytes[1]! & 0x7f,
    marker: (bytes[1]! & 0x80) !== 0,
    sequence: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
    payload: bytes.subarray(payloadAt, payloadEnd),
    extensions,
  };
}

function readExtensions(body: Buffer, headerBytes: 1 | 2): Map<number, Buffer> {
  const extensions = new Map<number, Buffer>();
  for (let at = 0; at + headerBytes <= body.length; ) {
    const first = body[at]!;
    if (first === 0) {
      at += 1;
      continue;
    }
    const id = headerBytes === 1 ? first >> 4 : first;
    // Id 15 ends the one-byte form.
    if (headerBytes === 1 && id === 15) break;
    const length = headerBytes === 1 ? (first & 0x0f) + 1 : body[at + 1]!;
    extensions.set(id, body.subarray(at + headerBytes, at + headerBytes + length));
    at += headerBytes + length;
  }
  return extensions;
}

/** The packet that a retransmission (RFC 4588) repeats. Null for a probe, which repeats nothing. */
export function unwrapRtx(
  packet: RtpPacket,
  original: { readonly payloadType: number; readonly ssrc: number },
): RtpPacket | null {
  if (packet.payload.length <= 2) return null;
  return { ...packet, ...original, sequence: packet.payload.readUInt16BE(0), payload: packet.payload.subarray(2) };
}

/**
 * The packets that a redundant packet (RFC 2198) carries, oldest first. None if it is malformed. By convention of the
 * senders, the k-th block before the last repeats the k-th packet before this one.
 */
export function unwrapRed(packet: RtpPacket): RtpPacket[] {
  const { payload } = packet;
  const headers: { payloadType: number; offset: number; length: number }[] = [];
  let at = 0;
  for (;;) {
    if (at >= payload.length) return [];
    const payloadType = payload[at]! & 0x7f;
    if ((payload[at]! & 0x80) === 0) {
      at += 1;
      headers.push({ payloadType, offset: 0, length: -1 });
      break;
    }
    if (at + 4 > payload.length) return [];
    const word = payload.readUInt32BE(at);
    headers.push({ payloadType, offset: (word >>> 10) & 0x3fff, length: word & 0x3ff });
    at += 4;
  }
  const packets: RtpPacket[] = [];
  for (const [index, { payloadType, offset, length }] of headers.entries()) {
    const end = length < 0 ? payload.length : at + length;
    if (end > payload.length) return [];
    const back = headers.length - 1 - index;
    if (end > at) {
      packets.push({
        ...packet,
        payloadType,
        sequence: (packet.sequence - back) & 0xffff,
        timestamp: (packet.timestamp - offset) >>> 0,
        payload: payload.subarray(at, end),
      });
    }
    at = end;
  }
  return packets;
}
