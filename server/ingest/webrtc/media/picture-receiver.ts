import type { StillImage } from '../../../../pipeline/index.ts';
import type { EncodedFrame, FrameAssembler } from '../codecs/frame-assembler.ts';
import { H264Frames } from '../codecs/h264-frames.ts';
import { Vp8Frames } from '../codecs/vp8-frames.ts';
import { NackList } from '../rtp/nack-list.ts';
import { type Released, ReorderBuffer } from '../rtp/reorder-buffer.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import type { StreamClock } from '../rtp/stream-clock.ts';
import { Unwrapper } from '../rtp/unwrap.ts';
import type { ChosenCodec } from '../sdp/choose-codecs.ts';
import type { PictureDecoder } from './picture-decoder.ts';

export interface PictureReceiverOptions {
  readonly codec: ChosenCodec;
  readonly decoder: PictureDecoder;
  readonly clock: StreamClock;
  /** How long to wait for a missing packet, in ms. The sender can repeat it in this time. */
  readonly waitMs: number;
  readonly onPicture: (startMs: number, image: StillImage) => void;
  /** Asks the sender to repeat packets. The numbers are ascending and unwrapped. */
  readonly requestPackets: (sequences: readonly number[]) => void;
  /** Asks the sender for a key frame because decoding cannot continue. */
  readonly requestKeyFrame: () => void;
  /** A frame was dropped because it could not be decoded (with the decoder's error), or not in time. */
  readonly onDroppedFrame: (reason: 'bad-image' | 'overloaded', cause?: unknown) => void;
}

/**
 * Least media time between two pictures, in ms. This gives slightly more than the six pictures per second that the face
 * stage uses.
 */
const PICTURE_INTERVAL_MS = 150;
/** A frame may come this much earlier than due, because capture times vary. */
const INTERVAL_TOLERANCE_MS = 8;
/** Packets that may wait for a missing one. */
const MAX_PICTURE_PACKETS = 1024;
/** Frames that may wait for the decoder: two seconds. */
const MAX_WAITING_FRAMES = 60;
/** Largest frame, in bytes. */
const MAX_FRAME_BYTES = 2 * 1024 * 1024;
/** Time between two requests for a key frame, in ms. */
const KEY_FRAME_INTERVAL_MS = 500;

interface WaitingFrame extends EncodedFrame {
  readonly startMs: number;
}

/**
 * Turns one RTP stream of VP8 or H.264 into a few pictures per second. It orders packets and requests missing ones
 * again. It makes pictures only when one is due. Frames in between are decoded only if others may need them, because a codec builds
 * each picture on earlier ones. After a lost frame, it skips all frames until the next key frame.
 */
export class PictureReceiver {
  readonly #options: PictureReceiverOptions;
  readonly #sequences = new Unwrapper(16);
  readonly #buffer: ReorderBuffer<RtpPacket>;
  readonly #nacks = new NackList();
  readonly #assembler: FrameAssembler;
  #timestamp: number | null = null;
  #frameBytes = 0;
  #isSpoiled = false;
  #needsKey = true;
  #keyRequestedMs = Number.NEGATIVE_INFINITY;
  #lastPictureMs = Number.NEGATIVE_INFINITY;
  #waiting: WaitingFrame[] = [];
  #isDecoding = false;
  #closed = false;
  #arrivalMs = 0;
  #nowMs = 0;

  constructor(options: PictureReceiverOptions) {
    const { kind, codec } = options.codec;
    this.#options = options;
    this.#buffer = new ReorderBuffer({ waitMs: options.waitMs, capacity: MAX_PICTURE_PACKETS });
    this.#assembler = kind === 'vp8' ? new Vp8Frames() : new H264Frames(codec.parameters);
  }

  /** Packets that never arrived. */
  get lost(): number {
    return this.#buffer.lost;
  }

  /** @param arrivalMs - media time of the packet's arrival; @param nowMs - monotonic. */
  receive(packet: RtpPacket, arrivalMs: number, nowMs: number): void {
    this.#arrivalMs = arrivalMs;
    this.#nowMs = nowMs;
    // The first frame of a stream is a key frame. Wait for it before requesting one.
    if (this.#buffer.next === null) this.#keyRequestedMs = nowMs;
    const sequence = this.#sequences.unwrap(packet.sequence);
    this.#nacks.arrived(sequence, nowMs);
    for (const released of this.#buffer.push(sequence, packet, nowMs)) this.#take(released);
    this.#nacks.forget(this.#buffer.next ?? 0);
    const due = this.#nacks.due(nowMs);
    if (due.length > 0) this.#options.requestPackets(due);
    // The sender started too early to be received, or ignored a request.
    if (this.#needsKey) this.#requestKeyFrame();
  }

  /** Returns no further picture. The caller closes the decoder. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  #take({ value: packet, afterLoss }: Released<RtpPacket>): void {
    if (afterLoss) this.#breakOff();
    if (packet.timestamp !== this.#timestamp) {
      // If a frame's last packet has no marker, the frame ends where the next one begins.
      this.#finishFrame();
      this.#timestamp = packet.timestamp;
      this.#isSpoiled = false;
    }
    this.#frameBytes += packet.payload.length;
    // Padding packets carry no media.
    if (packet.payload.length > 0 && !this.#isSpoiled) {
      this.#isSpoiled = this.#frameBytes > MAX_FRAME_BYTES || !this.#assembler.add(packet);
    }
    if (packet.marker) this.#finishFrame();
  }

  #finishFrame(): void {
    const wasSpoiled = this.#isSpoiled;
    const isEmpty = this.#assembler.isEmpty;
    this.#isSpoiled = false;
    this.#frameBytes = 0;
    if (wasSpoiled) this.#breakOff();
    if (wasSpoiled || isEmpty || this.#timestamp === null) return;
    const frame = this.#assembler.take();
    const { clock } = this.#options;
    const startMs = clock.mediaMs(clock.arrived(this.#timestamp, this.#arrivalMs));
    if (this.#needsKey && !frame.isKey) return;
    this.#needsKey = false;
    this.#waiting.push({ ...frame, startMs });
    if (this.#waiting.length > MAX_WAITING_FRAMES) {
      for (const _ of this.#waiting) this.#options.onDroppedFrame('overloaded');
      this.#waiting = [];
      this.#breakOff();
    }
    if (!this.#isDecoding) void this.#decodeWaiting();
  }

  /** A frame is missing. Skips frames until the next key frame. */
  #breakOff(): void {
    this.#assembler.clear();
    this.#needsKey = true;
    this.#requestKeyFrame();
  }

  #requestKeyFrame(): void {
    if (this.#nowMs - this.#keyRequestedMs < KEY_FRAME_INTERVAL_MS) return;
    this.#keyRequestedMs = this.#nowMs;
    this.#options.requestKeyFrame();
  }

  async #decodeWaiting(): Promise<void> {
    const { decoder, onPicture, onDroppedFrame } = this.#options;
    this.#isDecoding = true;
    for (let frame = this.#waiting.shift(); frame !== undefined; frame = this.#waiting.shift()) {
      const { startMs } = frame;
      const sinceMs = startMs - this.#lastPictureMs;
      // A clock that was set back must not stop the pictures.
      const isDue = sinceMs >= PICTURE_INTERVAL_MS - INTERVAL_TOLERANCE_MS || sinceMs < -1000;
      if (frame.isDisposable && !isDue) continue;
      try {
        const image = await decoder.decode(frame.data, isDue);
        if (image !== null && !this.#closed) {
          this.#lastPictureMs = startMs;
          onPicture(startMs, image);
        }
      } catch (error) {
        if (this.#closed) break;
        onDroppedFrame('bad-image', error);
        const nextKey = this.#waiting.findIndex(({ isKey }) => isKey);
        this.#waiting = nextKey < 0 ? [] : this.#waiting.slice(nextKey);
        this.#breakOff();
      }
    }
    this.#isDecoding = false;
  }
}
