/** States at which time of the sender's clock an RTP timestamp was sampled. */
export interface SenderReport {
  readonly ssrc: number;
  /** The sender's NTP time, in ms since 1900. It may be wrong, but all streams of the sender share it. */
  readonly ntpMs: number;
  /** The middle 32 bits of the NTP time, which receiver reports repeat. */
  readonly ntpMiddle: number;
  /** 32 bits. */
  readonly rtpTimestamp: number;
}

/** One SSRC in a receiver report. */
export interface ReportBlock {
  readonly ssrc: number;
  /** 256ths. */
  readonly fractionLost: number;
  /** Packets, since the start. Negative if packets came twice. */
  readonly lost: number;
  readonly highestSequence: number;
  /** In units of the stream's clock. */
  readonly jitter: number;
  /** {@link SenderReport.ntpMiddle} of the newest report. 0 before the first. */
  readonly lastReport: number;
  /** Since that report, in 65536ths of a second. */
  readonly sinceLastReport: number;
}

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const TRANSPORT_FEEDBACK = 205;
const PAYLOAD_FEEDBACK = 206;
const GENERIC_NACK = 1;
const PICTURE_LOSS = 1;

/** The sender reports of a compound packet, up to the first malformed part. */
export function parseSenderReports(bytes: Buffer): SenderReport[] {
  const senderReports: SenderReport[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 * (bytes.readUInt16BE(at + 2) + 1);
    if (bytes[at]! >> 6 !== 2 || end > bytes.length) break;
    const type = bytes[at + 1]!;
    if (type === SENDER_REPORT && end - at >= 28) {
      const [seconds, fraction] = [bytes.readUInt32BE(at + 8), bytes.readUInt32BE(at + 12)];
      senderReports.push({
        ssrc: bytes.readUInt32BE(at + 4),
        ntpMs: seconds * 1000 + (fraction * 1000) / 2 ** 32,
        ntpMiddle: ((seconds & 0xffff) * 0x10000 + (fraction >>> 16)) >>> 0,
        rtpTimestamp: bytes.readUInt32BE(at + 16),
      });
    }
    at = end;
  }
  return senderReports;
}

/** `sender` is this receiver's own SSRC. At most 31 blocks. */
export function receiverReport(sender: number, blocks: readonly ReportBlock[]): Buffer {
  const packet = withHeader(RECEIVER_REPORT, blocks.length, sender, 24 * blocks.length);
  for (const [index, block] of blocks.entries()) {
    const at = 8 + 24 * index;
    packet.writeUInt32BE(block.ssrc, at);
    packet.writeUInt8(block.fractionLost, at + 4);
    packet.writeIntBE(block.lost, at + 5, 3);
    packet.writeUInt32BE(block.highestSequence, at + 8);
    packet.writeUInt32BE(block.jitter, at + 12);
    packet.writeUInt32BE(block.lastReport, at + 16);
    packet.writeUInt32BE(block.sinceLastReport, at + 20);
  }
  return packet;
}

/** Requests packets again. `sequences` are ascending and unwrapped. */
export function genericNack(sender: number, media: number, sequences: readonly number[]): Buffer {
  const entries: { first: number; mask: number }[] = [];
  for (const sequence of sequences) {
    const last = entries.at(-1);
    if (last !== undefined && sequence - last.first <= 16) last.mask |= 1 << (sequence - last.first - 1);
    else entries.push({ first: sequence, mask: 0 });
  }
  const packet = withHeader(TRANSPORT_FEEDBACK, GENERIC_NACK, sender, 4 + 4 * entries.length);
  packet.writeUInt32BE(media, 8);
  for (const [index, { first, mask }] of entries.entries()) {
    packet.writeUInt16BE(first & 0xffff, 12 + 4 * index);
    packet.writeUInt16BE(mask, 14 + 4 * index);
  }
  return packet;
}

/** Requests a key frame. */
export function pictureLoss(sender: number, media: number): Buffer {
  const packet = withHeader(PAYLOAD_FEEDBACK, PICTURE_LOSS, sender, 4);
  packet.writeUInt32BE(media, 8);
  return packet;
}

function withHeader(type: number, count: number, sender: number, bodyBytes: number): Buffer {
  const packet = Buffer.alloc(8 + bodyBytes);
  packet.writeUInt8(0x80 | count, 0);
  packet.writeUInt8(type, 1);
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(sender, 4);
  return packet;
}
