import type { RefusalCode } from '../../../client-sdk/protocol/index.ts';
import type { StillImage } from '../../../pipeline/index.ts';
import { type OpusVoice, openOpusVoice } from '../decoders/opus-voice.ts';
import { IncomingStream } from './incoming-stream.ts';
import { openPictureDecoder, type PictureDecoder } from './media/picture-decoder.ts';
import { PictureReceiver } from './media/picture-receiver.ts';
import { VoiceReceiver } from './media/voice-receiver.ts';
import type { RtpPacket } from './rtp/rtp-packet.ts';
import type { StreamClock } from './rtp/stream-clock.ts';
import type { ChosenCodec } from './sdp/choose-codecs.ts';
import type { OfferedMedia } from './sdp/offer.ts';

/** Receives a section's media, and its requests to the sender. */
export interface SectionHandlers {
  readonly onSamples: (startMs: number, sampleRateHz: number, samples: Float32Array) => void;
  readonly onPicture: (startMs: number, image: StillImage) => void;
  /** A packet or frame was dropped: with the decoder's error, if there is one. */
  readonly onDropped: (code: RefusalCode, cause?: unknown) => void;
  /** Packets of a stream that were given up. */
  readonly onLost: (media: 'audio' | 'video', count: number) => void;
  readonly requestPackets: (ssrc: number, sequences: readonly number[]) => void;
  readonly requestKeyFrame: (ssrc: number) => void;
}

export interface SectionOptions {
  readonly media: OfferedMedia;
  readonly codec: ChosenCodec;
  /**
   * How long to wait for a missing packet, in ms. Twice as long for pictures, because their packets are requested
   * again.
   */
  readonly waitMs: number;
  /** The clock of the voice that belongs to the pictures. */
  readonly leader: () => StreamClock | null;
  readonly handlers: SectionHandlers;
}

type Decoder =
  | { readonly kind: 'voice'; readonly voice: OpusVoice }
  | { readonly kind: 'picture'; readonly decoder: PictureDecoder };

/** How long a stream must be silent before another stream of its section may replace it, in ms. */
const HANDOVER_MS = 500;

/** One accepted media section of an offer: its current stream, and the decoder that all its streams share. */
export class IncomingSection {
  readonly media: OfferedMedia;
  readonly codec: ChosenCodec;
  readonly #options: SectionOptions;
  readonly #decoder: Decoder;
  #stream: IncomingStream | null = null;
  #flush: () => void = () => {};
  #lostTold = 0;

  private constructor(options: SectionOptions, decoder: Decoder) {
    this.media = options.media;
    this.codec = options.codec;
    this.#options = options;
    this.#decoder = decoder;
  }

  static async open(options: SectionOptions): Promise<IncomingSection> {
    const { kind } = options.codec;
    const decoder: Decoder =
      kind === 'opus'
        ? { kind: 'voice', voice: await openOpusVoice() }
        : { kind: 'picture', decoder: await openPictureDecoder(kind) };
    return new IncomingSection(options, decoder);
  }

  get stream(): IncomingStream | null {
    return this.#stream;
  }

  /** Whether packets of this payload type belong to the section. */
  takes(payloadType: number): boolean {
    const { codec, red, rtx } = this.codec;
    return [codec, red, rtx].some((each) => each?.payloadType === payloadType);
  }

  /** @param arrivalMs - media time of the packet's arrival; @param nowMs - monotonic. */
  receive(packet: RtpPacket, arrivalMs: number, nowMs: number): void {
    if (packet.payloadType === this.codec.rtx?.payloadType) {
      this.#stream?.receiveRepeat(packet, arrivalMs, nowMs);
      return;
    }
    if (this.#stream?.ssrc !== packet.ssrc) {
      if (this.#stream !== null && nowMs - this.#stream.heardMs < HANDOVER_MS) return;
      this.#flush();
      this.#openStream(packet.ssrc, nowMs);
    }
    this.#stream!.receive(packet, arrivalMs, nowMs);
    this.#tellLost();
  }

  /** Passes waiting media on and frees the decoder's memory. */
  close(): void {
    this.#flush();
    if (this.#decoder.kind === 'voice') this.#decoder.voice.close();
    else this.#decoder.decoder.close();
  }

  #openStream(ssrc: number, nowMs: number): void {
    const { codec, leader } = this.#options;
    this.#lostTold = 0;
    const receiver = (clock: StreamClock) =>
      this.#decoder.kind === 'voice'
        ? this.#voiceReceiver(clock, this.#decoder.voice)
        : this.#pictureReceiver(clock, this.#decoder.decoder, ssrc);
    this.#stream = new IncomingStream({ ssrc, codec, leader, receiver, nowMs });
  }

  #voiceReceiver(clock: StreamClock, voice: OpusVoice): VoiceReceiver {
    const { codec, waitMs, handlers } = this.#options;
    const receiver = new VoiceReceiver({
      codec,
      voice,
      clock,
      waitMs,
      onSamples: handlers.onSamples,
      onBadPacket: () => handlers.onDropped('bad-samples'),
    });
    this.#flush = () => receiver.flush();
    return receiver;
  }

  #pictureReceiver(clock: StreamClock, decoder: PictureDecoder, ssrc: number): PictureReceiver {
    const { codec, waitMs, handlers } = this.#options;
    const receiver = new PictureReceiver({
      codec,
      decoder,
      clock,
      waitMs: 2 * waitMs,
      onPicture: handlers.onPicture,
      onDroppedFrame: handlers.onDropped,
      requestPackets: (sequences) => {
        if (codec.codec.feedback.includes('nack')) handlers.requestPackets(ssrc, sequences);
      },
      requestKeyFrame: () => handlers.requestKeyFrame(ssrc),
    });
    this.#flush = () => receiver.close();
    return receiver;
  }

  #tellLost(): void {
    const { lost } = this.#stream!.receiver;
    if (lost === this.#lostTold) return;
    this.#options.handlers.onLost(this.media.kind, lost - this.#lostTold);
    this.#lostTold = lost;
  }
}
