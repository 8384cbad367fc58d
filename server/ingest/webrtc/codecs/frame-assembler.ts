import type { RtpPacket } from '../rtp/rtp-packet.ts';

/** One complete compressed picture. */
export interface EncodedFrame {
  readonly data: Buffer;
  /** Whether it can be decoded without other frames. */
  readonly isKey: boolean;
  /** Whether no other frame needs it, as its sender says: it need not be decoded if its picture is not wanted. */
  readonly isDisposable: boolean;
}

/** Assembles the packets of one frame according to a codec's payload format. */
export interface FrameAssembler {
  readonly isEmpty: boolean;
  /** Adds the frame's next packet. False if it does not fit, which makes the frame unusable. */
  add(packet: RtpPacket): boolean;
  /** Returns the frame after its last packet, and empties the assembler. */
  take(): EncodedFrame;
  clear(): void;
}
