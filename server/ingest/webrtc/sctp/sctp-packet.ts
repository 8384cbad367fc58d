import { crc32c } from 'werift';

/** Types of chunks (RFC 9260, 3.2; RFC 3758; RFC 6525). */
export const CHUNK = {
  data: 0,
  init: 1,
  sack: 3,
  heartbeat: 4,
  heartbeatAck: 5,
  abort: 6,
  shutdown: 7,
  error: 9,
  cookieEcho: 10,
  shutdownComplete: 14,
  reconfig: 130,
  forwardTsn: 192,
} as const;

export interface SctpChunk {
  readonly type: number;
  readonly flags: number;
  /** Without its header and padding. A view of the packet. */
  readonly value: Buffer;
}

export interface SctpPacket {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly verificationTag: number;
  readonly chunks: readonly SctpChunk[];
}

/** Largest packet, in bytes. A network path carries about 1,200. */
const MAX_PACKET_BYTES = 4096;
const MAX_CHUNKS = 64;
const HEADER_BYTES = 12;
const CHECKSUM_AT = 8;
const CHUNK_HEADER_BYTES = 4;

/** Reads a packet. Null if its checksum is wrong or part of it is malformed. */
export function readSctpPacket(bytes: Buffer): SctpPacket | null {
  if (bytes.length < HEADER_BYTES + CHUNK_HEADER_BYTES || bytes.length > MAX_PACKET_BYTES) return null;
  if (bytes.readUInt32LE(CHECKSUM_AT) !== checksumOf(bytes)) return null;
  const chunks: SctpChunk[] = [];
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    if (at + CHUNK_HEADER_BYTES > bytes.length || chunks.length === MAX_CHUNKS) return null;
    const length = bytes.readUInt16BE(at + 2);
    if (length < CHUNK_HEADER_BYTES || at + length > bytes.length) return null;
    chunks.push({
      type: bytes[at]!,
      flags: bytes[at + 1]!,
      value: bytes.subarray(at + CHUNK_HEADER_BYTES, at + length),
    });
    // The last chunk may lack its padding.
    at += length + (-length & 3);
  }
  return {
    sourcePort: bytes.readUInt16BE(0),
    destinationPort: bytes.readUInt16BE(2),
    verificationTag: bytes.readUInt32BE(4),
    chunks,
  };
}

export function writeSctpPacket({ sourcePort, destinationPort, verificationTag, chunks }: SctpPacket): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header.writeUInt32BE(verificationTag, 4);
  const parts = chunks.flatMap(({ type, flags, value }) => {
    const chunkHeader = Buffer.from([type, flags, 0, 0]);
    chunkHeader.writeUInt16BE(CHUNK_HEADER_BYTES + value.length, 2);
    return [chunkHeader, value, Buffer.alloc(-value.length & 3)];
  });
  const packet = Buffer.concat([header, ...parts]);
  packet.writeUInt32LE(checksumOf(packet), CHECKSUM_AT);
  return packet;
}

/** The parameters that fill `bytes`. Null if they are malformed. */
export function readParameters(bytes: Buffer): { readonly type: number; readonly value: Buffer }[] | null {
  const parameters: { type: number; value: Buffer }[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) return null;
    const length = bytes.readUInt16BE(at + 2);
    if (length < 4 || at + length > bytes.length) return null;
    parameters.push({ type: bytes.readUInt16BE(at), value: bytes.subarray(at + 4, at + length) });
    at += length + (-length & 3);
  }
  return parameters;
}

function checksumOf(packet: Buffer): number {
  return crc32c(Buffer.concat([packet.subarray(0, CHECKSUM_AT), Buffer.alloc(4), packet.subarray(HEADER_BYTES)]));
}
