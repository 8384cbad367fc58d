import { OPUS_RATE_HZ, type OpusVoice } from '../../decoders/opus-voice.ts';
import { type Released, ReorderBuffer } from '../rtp/reorder-buffer.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { unwrapRed } from '../rtp/rtp-packet.ts';
import type { StreamClock } from '../rtp/stream-clock.ts';
import { Unwrapper } from '../rtp/unwrap.ts';
import type { ChosenCodec } from '../sdp/choose-codecs.ts';
import { LossConcealment } from './loss-concealment.ts';

export interface VoiceReceiverOptions {
  readonly codec: ChosenCodec;
  readonly voice: OpusVoice;
  readonly clock: StreamClock;
  /** How long to wait for a missing packet, in ms. */
  readonly waitMs: number;
  /** Receives decoded samples in order, with the media time of the first one. Lost samples are concealed. */
  readonly onSamples: (startMs: number, sampleRateHz: number, samples: Float32Array) => void;
  /** A packet with an undecodable payload was skipped. */
  readonly onBadPacket: () => void;
}

/** Opus always counts RTP time at 48 kHz, whatever the decoding rate (RFC 7587). */
const RTP_UNITS_PER_MS = 48;
const RTP_UNITS_PER_SAMPLE = (RTP_UNITS_PER_MS * 1000) / OPUS_RATE_HZ;
/** Packets that may wait for a missing one: two seconds of voice. */
const MAX_VOICE_PACKETS = 100;

interface Waiting {
  readonly timestamp: number;
  readonly payload: Buffer;
}

interface Early {
  readonly packet: RtpPacket;
  readonly arrivalMs: number;
  readonly nowMs: number;
}

/**
 * Turns one RTP stream of Opus into samples. It unpacks redundancy, orders and decodes packets, and conceals short
 * gaps. The first packets wait as long as for a missing packet. The start of the stream is then in order too, and a
 * late packet does not set its time.
 */
export class VoiceReceiver {
  readonly #options: VoiceReceiverOptions;
  readonly #sequences = new Unwrapper(16);
  readonly #buffer: ReorderBuffer<Waiting>;
  readonly #concealment = new LossConcealment(OPUS_RATE_HZ);
  #early: Early[] | null = [];
  /** End of the decoded sound, in RTP units. Null before the first packet. */
  #end: number | null = null;

  constructor(options: VoiceReceiverOptions) {
    this.#options = options;
    this.#buffer = new ReorderBuffer({ waitMs: options.waitMs, capacity: MAX_VOICE_PACKETS });
  }

  /** Packets that arrived neither by themselves nor inside another packet. */
  get lost(): number {
    return this.#buffer.lost;
  }

  /** @param arrivalMs - media time of the packet's arrival; @param nowMs - monotonic. */
  receive(packet: RtpPacket, arrivalMs: number, nowMs: number): void {
    if (this.#early === null) {
      this.#take(packet, arrivalMs, nowMs);
      return;
    }
    this.#early.push({ packet, arrivalMs, nowMs });
    if (nowMs - this.#early[0]!.nowMs >= this.#options.waitMs) this.#begin(this.#early);
  }

  /** No more packets follow. Decodes the waiting ones. */
  flush(): void {
    if (this.#early !== null) this.#begin(this.#early);
    this.#decode(this.#buffer.flush());
  }

  #begin(early: readonly Early[]): void {
    this.#early = null;
    const sequences = new Unwrapper(16);
    const inOrder = early
      .map((each) => ({ ...each, sequence: sequences.unwrap(each.packet.sequence) }))
      .sort((a, b) => a.sequence - b.sequence);
    this.#options.clock.begin(inOrder.map(({ packet, arrivalMs }) => ({ timestamp: packet.timestamp, arrivalMs })));
    for (const { packet, arrivalMs, nowMs } of inOrder) this.#take(packet, arrivalMs, nowMs);
  }

  #take(packet: RtpPacket, arrivalMs: number, nowMs: number): void {
    const { codec, red } = this.#options.codec;
    const isRedundant = packet.payloadType === red?.payloadType;
    const carried = isRedundant ? unwrapRed(packet) : [packet];
    if (carried.length === 0) this.#options.onBadPacket();
    // Before the first packet, skip redundant copies: the packets before them would be missing.
    const packets = this.#buffer.next === null ? carried.slice(-1) : carried;
    for (const each of packets) {
      if (each.payloadType !== codec.payloadType || each.payload.length === 0) continue;
      const sequence = this.#sequences.unwrap(each.sequence);
      const isRepeat = each.sequence !== packet.sequence;
      if (isRepeat && this.#buffer.has(sequence)) continue;
      const timestamp = this.#options.clock.arrived(each.timestamp, arrivalMs);
      this.#decode(this.#buffer.push(sequence, { timestamp, payload: each.payload }, nowMs));
    }
  }

  #decode(packets: readonly Released<Waiting>[]): void {
    const { voice, clock, onSamples, onBadPacket } = this.#options;
    for (const { value, afterLoss } of packets) {
      const { timestamp, payload } = value;
      const samples = voice.decode(payload);
      if (samples === null) {
        onBadPacket();
        continue;
      }
      if (afterLoss) this.#conceal(timestamp);
      this.#end = timestamp + samples.length * RTP_UNITS_PER_SAMPLE;
      onSamples(clock.mediaMs(timestamp), OPUS_RATE_HZ, this.#concealment.receive(samples));
    }
  }

  /**
   * Fills the gap before a packet. If the sender was silent meanwhile, there is nothing to fill: the caller handles
   * that.
   */
  #conceal(timestamp: number): void {
    const { clock, onSamples } = this.#options;
    if (this.#end === null || timestamp - this.#end < RTP_UNITS_PER_MS) return;
    const missingMs = (timestamp - this.#end) / RTP_UNITS_PER_MS;
    onSamples(clock.mediaMs(this.#end), OPUS_RATE_HZ, this.#concealment.conceal(missingMs));
  }
}
