import type { RtpPacket } from '../rtp/rtp-packet.ts';
import type { EncodedFrame, FrameAssembler } from './frame-assembler.ts';

interface Part {
  readonly isStart: boolean;
  /** The descriptor's bit N: the frame is used by no other one. */
  readonly isDisposable: boolean;
  readonly data: Buffer;
}

/** The VP8 payload of a packet (RFC 7741). Null if its descriptor is cut short. */
function readDescriptor(payload: Buffer): Part | null {
  if (payload.length < 2) return null;
  const first = payload[0]!;
  let at = 1;
  if ((first & 0x80) !== 0) {
    const flags = payload[at]!;
    at += 1;
    if ((flags & 0x80) !== 0) at += (payload[at] ?? 0) & 0x80 ? 2 : 1;
    if ((flags & 0x40) !== 0) at += 1;
    if ((flags & 0x30) !== 0) at += 1;
  }
  if (at >= payload.length) return null;
  const isStart = (first & 0x10) !== 0 && (first & 0x07) === 0;
  return { isStart, isDisposable: (first & 0x20) !== 0, data: payload.subarray(at) };
}

/** Assembles VP8 frames. */
export class Vp8Frames implements FrameAssembler {
  #parts: Buffer[] = [];
  #isDisposable = true;

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  add({ payload }: RtpPacket): boolean {
    const part = readDescriptor(payload);
    if (part === null || (this.isEmpty && !part.isStart)) return false;
    this.#parts.push(part.data);
    this.#isDisposable &&= part.isDisposable;
    return true;
  }

  take(): EncodedFrame {
    const data = Buffer.concat(this.#parts);
    // RFC 6386, 9.1: the lowest bit of a key frame is 0.
    const isKey = (data[0]! & 1) === 0;
    const isDisposable = this.#isDisposable && !isKey;
    this.clear();
    return { data, isKey, isDisposable };
  }

  clear(): void {
    this.#parts = [];
    this.#isDisposable = true;
  }
}
