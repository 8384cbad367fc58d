import { CHUNK, readParameters, readSctpPacket, type SctpChunk, writeSctpPacket } from './sctp-packet.ts';

/** Why a packet, or a chunk in it, was dropped. */
export type SctpDrop =
  /** Not SCTP, or a chunk whose parts do not fit together. */
  | 'sctp-malformed'
  /** A well-formed chunk that does not fit the association's state. */
  | 'sctp-unexpected'
  /** Data beyond the window, on too many streams, or too far after a missing chunk. */
  | 'sctp-over-limit';

/** State of the association behind the gate. */
export interface SctpInside {
  readonly verificationTag: number;
  readonly isEstablished: boolean;
  /** Number of the next data chunk that the server will send. */
  readonly nextTsn: number;
  /** Bytes and chunks of data in incomplete messages. */
  readonly heldBytes: number;
  readonly heldChunks: number;
  /** Whether data has arrived on the stream with this id. */
  hasStream(id: number): boolean;
  readonly streams: number;
}

export interface SctpGateOptions {
  readonly localPort: number;
  readonly remotePort: number;
  /** Bytes that may wait in incomplete messages. It is also the window that is announced to the peer. */
  readonly windowBytes: number;
  readonly inside: SctpInside;
  readonly onDropped: (reason: SctpDrop) => void;
}

/** Streams that a peer may send on. A publisher uses one for words. */
export const MAX_STREAMS = 16;
/** How far a chunk may be ahead of a missing one. */
const MAX_AHEAD = 128;
/** What each waiting chunk is assumed to use at least, in bytes. Limits how many chunks may wait. */
const MIN_CHUNK_BYTES = 256;
/** Sent chunks that an acknowledgement may refer to. */
const MAX_UNACKNOWLEDGED = 4096;
const MAX_GAPS = 32;
const MAX_DUPLICATES = 256;
const MAX_RESET_STREAMS = 64;
const MAX_COOKIE_BYTES = 256;
const MIN_WINDOW_BYTES = 1500;
/** Payload protocols of WebRTC (RFC 8831, 8): control, text, binary, and empty text and binary. */
const PROTOCOLS: readonly number[] = [50, 51, 53, 56, 57];
/** Kinds of reset requests (RFC 6525, 4) that werift reads, with their minimum length in bytes. */
const RESET_BYTES: ReadonlyMap<number, number> = new Map([
  [13, 12],
  [16, 8],
  [17, 8],
]);

/**
 * Filters a peer's SCTP packets before werift reads them. Only chunks that are well-formed, expected and within the
 * limits pass. Unfiltered, werift reads beyond the end of some chunks, loops forever in others, and stores whatever it
 * receives.
 */
export class SctpGate {
  readonly #options: SctpGateOptions;
  /** All data chunks up to this one have arrived. Null before the association begins. */
  #received: number | null = null;
  #ahead = new Set<number>();

  constructor(options: SctpGateOptions) {
    this.#options = options;
  }

  /** The part of a packet that may pass. Null if nothing may. */
  pass(bytes: Buffer): Buffer | null {
    const { localPort, remotePort, inside, onDropped } = this.#options;
    const packet = readSctpPacket(bytes);
    if (packet === null || packet.destinationPort !== localPort || packet.sourcePort !== remotePort) {
      onDropped('sctp-malformed');
      return null;
    }
    const isInit = packet.chunks[0]!.type === CHUNK.init;
    if (packet.verificationTag !== (isInit ? 0 : inside.verificationTag) || (isInit && packet.chunks.length > 1)) {
      onDropped('sctp-unexpected');
      return null;
    }
    const passed: SctpChunk[] = [];
    let [bytesNow, chunksNow] = [inside.heldBytes, inside.heldChunks];
    let isOpen = inside.isEstablished;
    const newStreams = new Set<number>();
    for (const chunk of packet.chunks) {
      const verdict = this.#judge(chunk, { bytesNow, chunksNow, isOpen, newStreams });
      if (verdict === 'stop') break;
      if (verdict === 'skip') continue;
      if (verdict !== null) {
        onDropped(verdict);
        if (verdict === 'sctp-malformed') break;
        continue;
      }
      passed.push(chunk);
      if (chunk.type === CHUNK.cookieEcho) isOpen = true;
      if (chunk.type === CHUNK.data) [bytesNow, chunksNow] = [bytesNow + chunk.value.length - 12, chunksNow + 1];
    }
    if (passed.length === 0) return null;
    return passed.length === packet.chunks.length ? bytes : writeSctpPacket({ ...packet, chunks: passed });
  }

  /** Null for a chunk that may pass. */
  #judge(chunk: SctpChunk, now: Now): SctpDrop | 'skip' | 'stop' | null {
    const { type, value } = chunk;
    switch (type) {
      case CHUNK.data:
        return this.#judgeData(value, now);
      case CHUNK.init:
        return this.#judgeInit(value);
      case CHUNK.sack:
        return this.#judgeSack(value);
      case CHUNK.forwardTsn:
        return this.#judgeForward(value, now);
      case CHUNK.reconfig:
        return now.isOpen ? judgeReconfig(value) : 'sctp-unexpected';
      case CHUNK.heartbeat:
      case CHUNK.heartbeatAck:
      case CHUNK.abort:
      case CHUNK.error:
        return readParameters(value) === null ? 'sctp-malformed' : null;
      case CHUNK.shutdown:
        return value.length === 4 ? null : 'sctp-malformed';
      case CHUNK.cookieEcho:
        return this.#received === null || value.length > MAX_COOKIE_BYTES ? 'sctp-unexpected' : null;
      case CHUNK.shutdownComplete:
        return null;
      default:
        // RFC 9260, 3.2: the first bit says whether an unknown chunk is skipped or ends the packet.
        return type >= 128 ? 'skip' : 'stop';
    }
  }

  #judgeInit(value: Buffer): SctpDrop | null {
    if (value.length < 16 || readParameters(value.subarray(16)) === null) return 'sctp-malformed';
    const [tag, window, tsn] = [value.readUInt32BE(0), value.readUInt32BE(4), value.readUInt32BE(12)];
    const streams = Math.min(value.readUInt16BE(8), value.readUInt16BE(10));
    // A peer that lost its state makes a new offer. werift cannot count below a first number of 0.
    if (this.#options.inside.isEstablished) return 'sctp-unexpected';
    if (tag === 0 || streams === 0 || window < MIN_WINDOW_BYTES || tsn === 0) return 'sctp-malformed';
    this.#received = tsn - 1;
    this.#ahead.clear();
    return null;
  }

  #judgeData(value: Buffer, now: Now): SctpDrop | null {
    const { inside, windowBytes } = this.#options;
    if (value.length <= 12 || !PROTOCOLS.includes(value.readUInt32BE(8))) return 'sctp-malformed';
    if (this.#received === null || !now.isOpen) return 'sctp-unexpected';
    const [tsn, stream] = [value.readUInt32BE(0), value.readUInt16BE(4)];
    const isKnownStream = inside.hasStream(stream) || now.newStreams.has(stream);
    const distance = (tsn - this.#received) >>> 0;
    // Repeated chunks pass, so that werift acknowledges them again.
    if (distance === 0 || distance >= 2 ** 31 || this.#ahead.has(tsn)) return null;
    if (
      distance > MAX_AHEAD ||
      now.bytesNow + value.length - 12 > windowBytes ||
      now.chunksNow >= windowBytes / MIN_CHUNK_BYTES ||
      (!isKnownStream && inside.streams + now.newStreams.size >= MAX_STREAMS)
    ) {
      return 'sctp-over-limit';
    }
    if (!isKnownStream) now.newStreams.add(stream);
    this.#ahead.add(tsn);
    this.#advance();
    return null;
  }

  #judgeSack(value: Buffer): SctpDrop | null {
    if (value.length < 12) return 'sctp-malformed';
    const [gaps, duplicates] = [value.readUInt16BE(8), value.readUInt16BE(10)];
    if (value.length !== 12 + 4 * (gaps + duplicates)) return 'sctp-malformed';
    // Distance to the last sent chunk. A chunk that was never sent gives a huge number, because the difference wraps.
    const behind = (this.#options.inside.nextTsn - 1 - value.readUInt32BE(0)) >>> 0;
    if (gaps > MAX_GAPS || duplicates > MAX_DUPLICATES || behind > MAX_UNACKNOWLEDGED) return 'sctp-unexpected';
    for (let gap = 0; gap < gaps; gap += 1) {
      const [first, last] = [value.readUInt16BE(12 + 4 * gap), value.readUInt16BE(14 + 4 * gap)];
      if (first === 0 || last < first || last > behind) return 'sctp-unexpected';
    }
    return null;
  }

  #judgeForward(value: Buffer, now: Now): SctpDrop | null {
    const { inside } = this.#options;
    if (value.length < 4 || value.length % 4 !== 0) return 'sctp-malformed';
    if (this.#received === null || !now.isOpen) return 'sctp-unexpected';
    const distance = (value.readUInt32BE(0) - this.#received) >>> 0;
    if (distance === 0 || distance >= 2 ** 31) return null;
    if (distance > MAX_AHEAD || value.length > 4 + 4 * MAX_STREAMS) return 'sctp-over-limit';
    for (let at = 4; at < value.length; at += 4) {
      const stream = value.readUInt16BE(at);
      if (!inside.hasStream(stream) && !now.newStreams.has(stream)) return 'sctp-unexpected';
    }
    this.#received = value.readUInt32BE(0);
    const isAhead = (tsn: number) => (tsn - this.#received!) >>> 0 < 2 ** 31 && tsn !== this.#received;
    this.#ahead = new Set([...this.#ahead].filter(isAhead));
    this.#advance();
    return null;
  }

  #advance(): void {
    for (let next = (this.#received! + 1) >>> 0; this.#ahead.delete(next); next = (next + 1) >>> 0) {
      this.#received = next;
    }
  }
}

/** Effects of the packet's earlier chunks. */
interface Now {
  readonly bytesNow: number;
  readonly chunksNow: number;
  readonly isOpen: boolean;
  readonly newStreams: Set<number>;
}

function judgeReconfig(value: Buffer): SctpDrop | null {
  const parameters = readParameters(value);
  if (parameters === null || parameters.length > 2) return 'sctp-malformed';
  for (const { type, value: content } of parameters) {
    const least = RESET_BYTES.get(type);
    if (least === undefined) continue;
    if (content.length < least || content.length % 2 !== 0) return 'sctp-malformed';
    if (type === 13 && content.length > least + 2 * MAX_RESET_STREAMS) return 'sctp-over-limit';
  }
  return null;
}
