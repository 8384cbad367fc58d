/** Codecs of sound that can be decoded. PCM needs no decoder. */
export const AUDIO_CODECS = ['aac', 'flac', 'mp3', 'opus', 'vorbis'] as const;
/** Codecs of video that can be decoded. */
export const VIDEO_CODECS = ['h264', 'vp8', 'vp9'] as const;

export type AudioCodec = (typeof AUDIO_CODECS)[number];
export type VideoCodec = (typeof VIDEO_CODECS)[number];

/** What a decoder has to know of its stream. */
export interface DecoderSetup {
  readonly codec: AudioCodec | VideoCodec;
  /** As the container has it (avcC, AudioSpecificConfig, OpusHead, …). Default: the packets bring it. */
  readonly config?: Uint8Array | undefined;
  /** Of sound, where the container tells it. */
  readonly sampleRateHz?: number;
  readonly channelCount?: number;
  /** Frames come out at once and a stream gets little memory. Default: in the order of their times. */
  readonly isLive?: boolean;
}

/** The size that a frame's picture is wanted in: exact, or within a square. */
export type PictureSize = { readonly widthPx: number; readonly heightPx: number } | { readonly maxSidePx: number };

/** One packet of a stream. */
export interface CodedPacket {
  readonly data: Uint8Array;
  /** Whole number that the frame of this packet carries; frames come in another order than packets where video says so. */
  readonly ticket: number;
  /** Size of the picture that is made of the packet's frame. Default: none is made, and the frame is not returned. */
  readonly picture?: PictureSize | undefined;
}

/** Decoded sound: one array a channel, all of one length. */
export interface DecodedSound {
  readonly kind: 'sound';
  readonly ticket: number;
  readonly sampleRateHz: number;
  readonly channels: readonly Float32Array[];
}

/** A decoded frame as RGB of 8 bits a colour, without padding. */
export interface DecodedPicture {
  readonly kind: 'picture';
  readonly ticket: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly bytes: Uint8Array;
}

export type DecodedFrame = DecodedSound | DecodedPicture;

/** Decodes one stream, off the event loop. Calls are answered in their order; they may overlap. */
export interface MediaDecoder {
  /**
   * Decodes the next packet.
   *
   * @throws DecoderError `unreadable` when the bytes cannot be decoded: the next key frame can. `stopped` when the decoder
   * was lost with its thread: the next key frame opens another one. `hung` once a packet took too long, and ever after.
   */
  decode(packet: CodedPacket): Promise<DecodedFrame[]>;
  /** What the decoder still holds. It can go on with another place of the stream afterwards. */
  flush(): Promise<DecodedFrame[]>;
  /** Gives its memory back. What is decoded afterwards gives no frames. */
  close(): void;
}

export type DecoderErrorCode = 'unreadable' | 'hung' | 'stopped' | 'overloaded';

/** A stream cannot be decoded. The message says nothing of its content. */
export class DecoderError extends Error {
  override readonly name = 'DecoderError';
  readonly code: DecoderErrorCode;

  constructor(code: DecoderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
