import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import {
  type CloseReason,
  type Participant,
  type RefusalCode,
  type SessionEndReason,
  type SessionReady,
  TRANSCRIPT_CHANNEL,
} from '../../../client-sdk/protocol/index.ts';
import type { Clock, StillImage } from '../../../pipeline/index.ts';
import { TrafficLimit } from '../../limits/traffic-limit.ts';
import { PeerGuard } from '../../peer-guard.ts';
import type { CallPart } from '../admission/call-part.ts';
import type { HolderTraffic } from '../admission/holder-quotas.ts';
import type { IngestMeter } from '../admission/ingest-meter.ts';
import { IngestTrack } from '../tracks/ingest-track.ts';
import { Liveness } from './liveness.ts';
import { openSections } from './open-sections.ts';
import { genericNack, parseSenderReports, pictureLoss, receiverReport } from './rtp/rtcp.ts';
import { parseRtp } from './rtp/rtp-packet.ts';
import { writeAnswer } from './sdp/answer.ts';
import { type ChosenCodec, chooseCodecs } from './sdp/choose-codecs.ts';
import { type Offer, OfferError } from './sdp/offer.ts';
import { SectionRouter } from './section-router.ts';
import { TranscriptChannel } from './transcript-channel.ts';
import type { DatagramDrop } from './transport/datagram-drop.ts';
import type {
  MediaTransport,
  MessageChannel,
  PassedOn,
  PassOnRequest,
  TransportEnd,
} from './transport/media-transport.ts';
import type { PeerTransports } from './transport/open-transport.ts';

/** Limits of one publisher. The names are those of the configuration. */
export interface WebRtcLimits {
  readonly maxPacketBytes: number;
  readonly maxMessageBytes: number;
  readonly maxMessagesPerSecond: number;
  readonly maxBytesPerSecond: number;
  readonly maxTracksPerSession: number;
  readonly jitterMs: number;
  readonly helloTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** Counters that only WebRTC has. */
export interface WebRtcMeter extends IngestMeter {
  /** RTP packets that never arrived. */
  packetsLost(media: 'audio' | 'video', count: number): void;
  datagramDropped(reason: DatagramDrop): void;
}

export interface WebRtcPublisherOptions {
  readonly offer: Offer;
  readonly part: CallPart;
  readonly participant: Participant;
  readonly transports: PeerTransports;
  readonly limits: WebRtcLimits;
  /** Limit for all publishers of the same holder together. Null: no limit. */
  readonly traffic: HolderTraffic | null;
  readonly clock: Clock;
  readonly meter: WebRtcMeter;
  readonly log: Logger;
  /** Called once, when the publisher has left. */
  readonly onClosed: () => void;
}

/** One WebRTC peer that publishes into a session: its transport, its media sections and its part in the call. */
export class WebRtcPublisher {
  readonly part: CallPart;
  readonly participant: Participant;
  readonly #options: WebRtcPublisherOptions;
  readonly #router: SectionRouter;
  readonly #transport: MediaTransport;
  readonly #ownSsrc = randomBytes(4).readUInt32BE();
  readonly #joinedMs: number;
  readonly #traffic: TrafficLimit;
  readonly #liveness: Liveness;
  readonly #tracks = new Map<string, IngestTrack | RefusalCode>();
  #connected = false;
  #closed = false;
  #mediaMs: number;
  #channels = 0;

  /**
   * Answers an offer.
   *
   * @throws {@link OfferError} if no part of it can be received, and the transport's errors.
   */
  static async open(options: WebRtcPublisherOptions): Promise<{ publisher: WebRtcPublisher; answer: string }> {
    const { offer, part, transports, limits } = options;
    const chosen = chooseCodecs(offer, transports);
    if (chosen.size === 0) throw new OfferError('the offer sends neither Opus audio nor VP8 or H.264 video');
    let publisher: WebRtcPublisher | null = null;
    let router: SectionRouter | null = null;
    const sections = await openSections({
      offer,
      chosen,
      waitMs: limits.jitterMs,
      leader: () => router?.voiceClock ?? null,
      handlers: {
        onSamples: (startMs, rateHz, samples) => publisher?.onSamples(startMs, rateHz, samples),
        onPicture: (startMs, image) => publisher?.onPicture(startMs, image),
        onDropped: (reason, cause) => {
          options.meter.refused(reason);
          part.session.refused({ reason, participantId: options.participant.id, cause });
        },
        onLost: (kind, count) => options.meter.packetsLost(kind, count),
        requestPackets: (ssrc, sequences) => publisher?.feedback(genericNack(publisher.#ownSsrc, ssrc, sequences)),
        requestKeyFrame: (ssrc) => publisher?.feedback(pictureLoss(publisher.#ownSsrc, ssrc)),
      },
    });
    router = new SectionRouter(sections);
    const guard = new PeerGuard((error) => {
      const { log, meter } = options;
      log.error(
        { err: error, sessionId: part.session.id },
        'packets from a WebRTC peer caused an error; the peer is closed',
      );
      meter.peerFaulted('webrtc');
      publisher?.fail();
    });
    const receiveRtp = (packet: Buffer) => publisher?.onRtp(packet);
    const receiveRtcp = (packet: Buffer) => publisher?.onRtcp(packet);
    try {
      const transport = await transports.open({
        offer,
        chosen,
        guard,
        handlers: {
          onConnected: () => publisher?.onConnected(),
          onEnded: (end) => publisher?.onEnded(end),
          onRtp: (packet) => guard.run(receiveRtp, packet),
          onRtcp: (packet) => guard.run(receiveRtcp, packet),
          onChannel: (channel) => publisher?.onChannel(channel),
          onAlive: () => publisher?.onAlive(),
          onDropped: (reason) => {
            options.meter.datagramDropped(reason);
            part.session.refused({ reason, participantId: options.participant.id });
          },
        },
      });
      publisher = new WebRtcPublisher(options, router, transport);
      if (guard.hasFaulted) {
        publisher.fail();
        throw new Error('the peer was closed while its offer was answered');
      }
      const answer = writeAnswer({
        offer,
        chosen,
        local: transport.local,
        hasChannels: transports.hasChannels,
        maxMessageBytes: limits.maxMessageBytes,
        sessionNumber: randomBytes(6).readUIntBE(0, 6),
      });
      void part.session.finished.then(() => publisher?.close(null));
      return { publisher, answer };
    } catch (error) {
      for (const section of sections) section.close();
      throw error;
    }
  }

  private constructor(options: WebRtcPublisherOptions, router: SectionRouter, transport: MediaTransport) {
    const { part, participant, clock, limits } = options;
    const now = clock.now();
    this.part = part;
    this.participant = participant;
    this.#options = options;
    this.#router = router;
    this.#transport = transport;
    this.#joinedMs = this.#mediaMs = now;
    this.#traffic = new TrafficLimit(limits, now);
    this.#liveness = new Liveness({
      clock,
      helloTimeoutMs: limits.helloTimeoutMs,
      onNotConnected: () => this.#close('idle', 'idle'),
      onVanished: () => this.close('disconnected'),
      onTick: () => this.#onTick(),
    });
  }

  /** Media time now. It is the session's, so all sources of a call share it. */
  get #nowMs(): number {
    return this.part.originMs + this.#options.clock.now() - this.#joinedMs;
  }

  /** The codecs that the publisher sends. */
  get codecs(): ChosenCodec[] {
    return this.#router.sections.map(({ codec }) => codec);
  }

  /** Forwards the publisher's media to a listener. Null if the transport cannot. */
  passOn(request: PassOnRequest): Promise<PassedOn> | null {
    return this.#transport.passOn?.(request) ?? null;
  }

  /** Leaves the call. `null`: the session has ended by itself. */
  close(reason: SessionEndReason | null): void {
    this.#close(reason ?? 'disconnected', null);
  }

  private onConnected(): void {
    if (this.#closed) return;
    this.#connected = true;
    this.#mediaMs = this.#options.clock.now();
    this.#liveness.connected();
  }

  private onEnded(end: TransportEnd): void {
    const { log } = this.#options;
    if (end === 'failed' && !this.#closed) {
      log.warn({ sessionId: this.part.session.id }, 'a WebRTC peer did not prove that the offer was its own');
    }
    this.close('disconnected');
  }

  /** Closes the publisher because its packets caused an error. */
  private fail(): void {
    this.#close('disconnected', 'internal');
  }

  private onAlive(): void {
    this.#liveness.alive();
  }

  private onRtp(bytes: Buffer): void {
    if (this.#closed) return;
    const now = this.#options.clock.now();
    this.#mediaMs = now;
    this.#options.meter.received('packet', bytes.length);
    if (this.#traffic.take(bytes.length, now) !== null || this.#options.traffic?.take(bytes.length, now) === false) {
      this.#close('disconnected', 'too-fast');
      return;
    }
    const packet = parseRtp(bytes);
    const section = packet === null ? null : this.#router.route(packet);
    if (packet !== null) section?.receive(packet, this.#nowMs, now);
  }

  private onRtcp(bytes: Buffer): void {
    if (this.#closed) return;
    const now = this.#options.clock.now();
    for (const report of parseSenderReports(bytes)) this.#router.streamOf(report.ssrc)?.senderReport(report, now);
  }

  private onChannel(channel: MessageChannel): void {
    const { limits, clock, meter, log } = this.#options;
    if (this.#closed || channel.label !== TRANSCRIPT_CHANNEL || this.#channels > 0) return;
    this.#channels += 1;
    const ready: SessionReady = {
      type: 'session.ready',
      sessionId: this.part.session.id,
      traceparent: this.part.session.traceparent,
      mediaTimeMs: this.#nowMs,
      limits: {
        maxPacketBytes: limits.maxPacketBytes,
        maxMessageBytes: limits.maxMessageBytes,
        maxTracks: limits.maxTracksPerSession,
        jitterMs: limits.jitterMs,
      },
    };
    new TranscriptChannel({
      channel,
      part: this.part,
      participant: this.participant,
      ready,
      maxMessageBytes: limits.maxMessageBytes,
      clock,
      meter,
      log,
      onRun: ({ closeReason }) => this.#close('disconnected', closeReason),
    });
  }

  private onSamples(startMs: number, sampleRateHz: number, samples: Float32Array): void {
    const track = this.#trackOf('audio');
    this.#count(track instanceof IngestTrack ? track.takeAudio({ startMs, sampleRateHz, samples }) : track);
  }

  private onPicture(startMs: number, image: StillImage): void {
    if (this.#closed) return;
    const track = this.#trackOf('video');
    this.#count(track instanceof IngestTrack ? track.takePicture(startMs, image) : track);
  }

  private feedback(packet: Buffer): void {
    if (!this.#closed) this.#transport.sendRtcp(packet);
  }

  /** The track for a kind of media. It is opened when the first media of its kind arrives. */
  #trackOf(media: 'audio' | 'video'): IngestTrack | RefusalCode {
    const known = this.#tracks.get(media);
    if (known !== undefined) return known;
    const added = this.part.addTrack({ media, participant: this.participant });
    this.#tracks.set(media, added);
    return added;
  }

  #count(code: RefusalCode | null): void {
    if (code !== null) this.#options.meter.refused(code);
  }

  #onTick(): void {
    const { clock, limits } = this.#options;
    const now = clock.now();
    if (now - this.#mediaMs > limits.idleTimeoutMs) {
      this.#close('idle', 'idle');
      return;
    }
    const blocks = this.#router.streams.flatMap(({ stats }) => stats.block(now) ?? []);
    if (blocks.length > 0) this.feedback(receiverReport(this.#ownSsrc, blocks));
  }

  #close(reason: SessionEndReason, told: CloseReason | null): void {
    if (this.#closed) return;
    for (const section of this.#router.sections) section.close();
    this.#closed = true;
    this.#liveness.stop();
    this.#transport.close();
    if (told !== null) this.#options.meter.closed(told);
    this.#options.log.info(
      { sessionId: this.part.session.id, reason, connected: this.#connected },
      'WebRTC publisher left',
    );
    this.part.leave(reason);
    this.#options.onClosed();
  }
}
