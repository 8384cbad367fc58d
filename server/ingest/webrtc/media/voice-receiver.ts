import { ReorderBuffer } from '../rtp/reorder-buffer.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { unwrapRed } from '../rtp/rtp-packet.ts';
import type { StreamClock } from '../rtp/stream-clock.ts';
import { Unwrapper } from '../rtp/unwrap.ts';
import type { ChosenCodec } from '../sdp/choose-codecs.ts';
import { OPUS_RATE_HZ, type OpusVoice } from './opus-voice.ts';

export interface VoiceReceiverOptions {
  readonly codec: ChosenCodec;
  readonly voice: OpusVoice;
  readonly clock: StreamClock;
  /** How long a missing packet is waited for, in ms. */
  readonly waitMs: number;
  /** Gets the decoded samples in order, with the media time of the first one. */
  readonly onSamples: (startMs: number, sampleRateHz: number, samples: Float32Array) => void;
  /** A packet whose payload cannot be decoded was left out. */
  readonly onBadPacket: () => void;
}

/** Packets that may wait behind a missing one: two seconds of voice. */
const CAPACITY = 100;

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
 * Turns one RTP stream of Opus into samples: redundancy unpacked, packets in order, decoded. The first packets wait as
 * long as a missing one would, so that a stream's beginning is in order too, and is not dated by a packet that was late.
 */
export class VoiceReceiver {
  readonly #options: VoiceReceiverOptions;
  readonly #sequences = new Unwrapper(16);
  readonly #buffer: ReorderBuffer<Waiting>;
  #early: Early[] | null = [];

  constructor(options: VoiceReceiverOptions) {
    this.#options = options;
    this.#buffer = new ReorderBuffer({ waitMs: options.waitMs, capacity: CAPACITY });
  }

  /** Packets that never came, nor inside another one. */
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

  /** Decodes what still waits: nothing more follows. */
  flush(): void {
    if (this.#early !== null) this.#begin(this.#early);
    this.#decode(this.#buffer.flush().map(({ value }) => value));
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
    // Before the first packet is known, what is only repeated would come without what precedes it.
    const packets = this.#buffer.next === null ? carried.slice(-1) : carried;
    for (const each of packets) {
      if (each.payloadType !== codec.payloadType || each.payload.length === 0) continue;
      const sequence = this.#sequences.unwrap(each.sequence);
      const isRepeat = each.sequence !== packet.sequence;
      if (isRepeat && this.#buffer.has(sequence)) continue;
      const timestamp = this.#options.clock.arrived(each.timestamp, arrivalMs);
      this.#decode(this.#buffer.push(sequence, { timestamp, payload: each.payload }, nowMs).map(({ value }) => value));
    }
  }

  #decode(packets: readonly Waiting[]): void {
    const { voice, clock, onSamples, onBadPacket } = this.#options;
    for (const { timestamp, payload } of packets) {
      const samples = voice.decode(payload);
      if (samples === null) onBadPacket();
      else onSamples(clock.mediaMs(timestamp), OPUS_RATE_HZ, samples);
    }
  }
}
