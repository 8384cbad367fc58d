import type { RtpPacket } from '../rtp/rtp-packet.ts';

/** One compressed picture, whole. */
export interface EncodedFrame {
  readonly data: Buffer;
  /** Whether it can be decoded without others. */
  readonly isKey: boolean;
}

/** Puts the packets of one frame together, as a codec's payload format says. */
export interface FrameAssembler {
  readonly isEmpty: boolean;
  /** The next packet of the frame; false when it does not fit, which spoils the frame. */
  add(packet: RtpPacket): boolean;
  /** The frame, after its last packet. The assembler is empty then. */
  take(): EncodedFrame;
  clear(): void;
}
