/** Audio codecs that can be decoded. PCM needs no decoder. */
export const AUDIO_CODECS = ['aac', 'flac', 'mp3', 'opus', 'vorbis'] as const;
/** Video codecs that can be decoded. */
export const VIDEO_CODECS = ['h264', 'vp8', 'vp9'] as const;

export type AudioCodec = (typeof AUDIO_CODECS)[number];
export type VideoCodec = (typeof VIDEO_CODECS)[number];

/** What a decoder needs to know about its stream. */
export interface DecoderSetup {
  readonly codec: AudioCodec | VideoCodec;
  /** As in the container (avcC, AudioSpecificConfig, OpusHead, …). Default: the packets carry it. */
  readonly config?: Uint8Array | undefined;
  /** For sound, if the container states it. */
  readonly sampleRateHz?: number;
  readonly channelCount?: number;
  /** Returns frames at once and limits the stream to little memory. Default: frames come in presentation order. */
  readonly isLive?: boolean;
}

/** Requested size of a frame's picture: exact, or a maximum per side. */
export type PictureSize = { readonly widthPx: number; readonly heightPx: number } | { readonly maxSidePx: number };

/** One packet of a stream. */
export interface CodedPacket {
  readonly data: Uint8Array;
  /** An integer that the packet's frame carries too. Frames may come in another order than packets. */
  readonly ticket: number;
  /** Size of the picture made from the packet's frame. Default: no picture is made, and the frame is not returned. */
  readonly picture?: PictureSize | undefined;
}

/** Decoded sound: one array per channel, all of the same length. */
export interface DecodedSound {
  readonly kind: 'sound';
  readonly ticket: number;
  readonly sampleRateHz: number;
  readonly channels: readonly Float32Array[];
}

/** A decoded frame as RGB with 8 bits per colour, without padding. */
export interface DecodedPicture {
  readonly kind: 'picture';
  readonly ticket: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly bytes: Uint8Array;
}

export type DecodedFrame = DecodedSound | DecodedPicture;

/** Decodes one stream outside the event loop. Calls may overlap. They are answered in order. */
export interface MediaDecoder {
  /**
   * Decodes the next packet.
   *
   * @throws DecoderError `unreadable` if the bytes cannot be decoded; the next key frame can be. `stopped` if the
   * decoder was lost with its thread; the next key frame opens another one. `hung` after a packet took too long, from
   * then on.
   */
  decode(packet: CodedPacket): Promise<DecodedFrame[]>;
  /** Returns the frames that the decoder still holds. Decoding may then continue at another place of the stream. */
  flush(): Promise<DecodedFrame[]>;
  /** Frees the decoder's memory. Later packets give no frames. */
  close(): void;
}

export type DecoderErrorCode = 'unreadable' | 'hung' | 'stopped' | 'overloaded';

/** A stream cannot be decoded. The message contains nothing of its content. */
export class DecoderError extends Error {
  override readonly name = 'DecoderError';
  readonly code: DecoderErrorCode;

  constructor(code: DecoderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
