import { ReceptionStats } from './rtp/reception-stats.ts';
import type { SenderReport } from './rtp/rtcp.ts';
import { type RtpPacket, unwrapRtx } from './rtp/rtp-packet.ts';
import { StreamClock } from './rtp/stream-clock.ts';
import { Unwrapper } from './rtp/unwrap.ts';
import type { ChosenCodec } from './sdp/choose-codecs.ts';

/** Turns the packets of one stream into media. */
export interface PacketReceiver {
  /** @param arrivalMs - media time of the packet's arrival; @param nowMs - monotonic. */
  receive(packet: RtpPacket, arrivalMs: number, nowMs: number): void;
  /** Packets given up so far. */
  readonly lost: number;
}

/** One synchronisation source of a media section: its clock, its reception statistics and its receiver. */
export class IncomingStream {
  readonly ssrc: number;
  readonly clock: StreamClock;
  readonly receiver: PacketReceiver;
  readonly stats: ReceptionStats;
  /** Monotonic time of the newest packet, in ms. */
  heardMs: number;
  readonly #codec: ChosenCodec;
  readonly #sequences = new Unwrapper(16);
  readonly #timestamps = new Unwrapper(32);

  constructor(options: {
    readonly ssrc: number;
    readonly codec: ChosenCodec;
    readonly leader: () => StreamClock | null;
    readonly receiver: (clock: StreamClock) => PacketReceiver;
    readonly nowMs: number;
  }) {
    const { ssrc, codec, leader, receiver, nowMs } = options;
    this.ssrc = ssrc;
    this.heardMs = nowMs;
    this.#codec = codec;
    this.clock = new StreamClock(codec.codec.clockRateHz, leader);
    this.stats = new ReceptionStats(ssrc, codec.codec.clockRateHz);
    this.receiver = receiver(this.clock);
  }

  /** Takes a packet with this SSRC. */
  receive(packet: RtpPacket, arrivalMs: number, nowMs: number): void {
    this.heardMs = nowMs;
    this.stats.arrived(this.#sequences.unwrap(packet.sequence), this.#timestamps.unwrap(packet.timestamp), nowMs);
    this.receiver.receive(packet, arrivalMs, nowMs);
  }

  /** Takes a retransmission of one of this stream's packets. It has its own SSRC. */
  receiveRepeat(packet: RtpPacket, arrivalMs: number, nowMs: number): void {
    const { payloadType } = this.#codec.codec;
    const original = unwrapRtx(packet, { payloadType, ssrc: this.ssrc });
    if (original !== null) this.receiver.receive(original, arrivalMs, nowMs);
  }

  senderReport(report: SenderReport, nowMs: number): void {
    this.clock.senderReport(report);
    this.stats.senderReport(report.ntpMiddle, nowMs);
  }
}
