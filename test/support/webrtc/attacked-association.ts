import { setTimeout as sleep } from 'node:timers/promises';
import { readSctpPacket, type SctpChunk, writeSctpPacket } from '../../../server/ingest/webrtc/sctp/sctp-packet.ts';
import { chunkOf, dataChunk, initChunk } from './sctp-chunks.ts';
import { type AttackerOptions, WebRtcAttacker } from './webrtc-attacker.ts';

/** Sequence number of the first data chunk. */
const FIRST_TSN = 1000;

/** An SCTP association with the server. The test chooses its chunks. */
export class AttackedAssociation implements AsyncDisposable {
  readonly attacker: WebRtcAttacker;
  readonly #tag: number;
  /** The highest sequence number that the server can have used before it sent any data. */
  readonly acknowledged: number;
  #tsn = FIRST_TSN;

  private constructor(attacker: WebRtcAttacker, tag: number, acknowledged: number) {
    this.attacker = attacker;
    this.#tag = tag;
    this.acknowledged = acknowledged;
  }

  static async open(options: AttackerOptions): Promise<AttackedAssociation> {
    const attacker = await WebRtcAttacker.connect(options);
    const wait = async (type: number): Promise<SctpChunk> => {
      for (let tries = 0; tries < 200; tries += 1) {
        const chunks = attacker.data.flatMap((packet) => readSctpPacket(packet)?.chunks ?? []);
        const found = chunks.find((chunk) => chunk.type === type);
        if (found !== undefined) return found;
        await sleep(10);
      }
      throw new Error(`the server sent no chunk of type ${type}`);
    };
    attacker.sendSctp(packetOf(0, initChunk({ tsn: FIRST_TSN })));
    const { value } = await wait(2);
    const association = new AttackedAssociation(attacker, value.readUInt32BE(0), (value.readUInt32BE(12) - 1) >>> 0);
    association.send(chunkOf(10, value.subarray(value.length - 24)));
    await wait(11);
    return association;
  }

  /** A packet with the server's tag and a valid checksum. */
  packet(...chunks: readonly SctpChunk[]): Buffer {
    return packetOf(this.#tag, ...chunks);
  }

  send(...chunks: readonly SctpChunk[]): void {
    this.attacker.sendSctp(this.packet(...chunks));
  }

  sendInit(chunk: SctpChunk): void {
    this.attacker.sendSctp(packetOf(0, chunk));
  }

  /** Sends the next data chunk. */
  data(options: Omit<Parameters<typeof dataChunk>[0], 'tsn'>): void {
    this.send(dataChunk({ ...options, tsn: this.#tsn++ }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.attacker[Symbol.asyncDispose]();
  }
}

function packetOf(verificationTag: number, ...chunks: readonly SctpChunk[]): Buffer {
  return writeSctpPacket({ sourcePort: 5000, destinationPort: 5000, verificationTag, chunks });
}
