import {
  type CodedPacket,
  type DecodedFrame,
  type DecodedPicture,
  type DecodedSound,
  DecoderError,
  type DecoderSetup,
  type PictureSize,
  VIDEO_CODECS,
} from './media-decoder.ts';

/** Largest frame of a live stream, in pixels: slightly more than 2560 × 1440. */
const MAX_LIVE_PIXELS = 4 * 1024 * 1024;
/** Largest frame of a recording, in pixels: slightly more than 4096 × 2304. */
const MAX_RECORDED_PIXELS = 10 * 1024 * 1024;
const PAGE_BYTES = 64 * 1024;
/** The module's minimum memory: its data and its stack. */
const INITIAL_PAGES = 64;
/** Maximum memory per decoder, for a live stream's or a recording's reference frames. */
const MAX_LIVE_PAGES = (96 * 1024 * 1024) / PAGE_BYTES;
const MAX_RECORDED_PAGES = (512 * 1024 * 1024) / PAGE_BYTES;
/** Packets whose frames may be outstanding: more than any codec reorders. */
const MAX_OUTSTANDING = 64;
const MAX_CHANNELS = 64;

/** FFmpeg's decoder names. Its floating-point MP3 decoder returns samples in the same format as the other decoders. */
const FFMPEG_NAME: Readonly<Record<string, string>> = { mp3: 'mp3float' };

/** What `decoder.c` exports. Pointers are byte offsets into the instance's memory. */
interface Exports {
  _initialize(): void;
  input_buffer(size: number): number;
  open_decoder(
    nameSize: number,
    configSize: number,
    sampleRateHz: number,
    channelCount: number,
    maxPixels: number,
    isLive: number,
  ): number;
  send_packet(size: number, ticket: number): number;
  receive_frame(): number;
  flush_decoder(): void;
  frame_ticket(): number;
  frame_width(): number;
  frame_height(): number;
  frame_samples(): number;
  frame_channels(): number;
  frame_rate(): number;
  frame_picture(widthPx: number, heightPx: number): number;
  frame_plane(channel: number): number;
}

/**
 * One FFmpeg decoder in its own WebAssembly instance. A stream can corrupt only that instance's memory. Synchronous:
 * run it on its own thread.
 */
export class FfmpegDecoder {
  readonly #exports: Exports;
  readonly #memory: WebAssembly.Memory;
  readonly #isVideo: boolean;
  readonly #pictures = new Map<number, PictureSize>();

  /** @throws DecoderError `unreadable` if the stream's configuration is refused. */
  constructor(module: WebAssembly.Module, setup: DecoderSetup) {
    const { codec, config = new Uint8Array(0), sampleRateHz = 0, channelCount = 0, isLive = false } = setup;
    const maximum = isLive ? MAX_LIVE_PAGES : MAX_RECORDED_PAGES;
    this.#memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum });
    const imports = { env: { memory: this.#memory }, wasi_snapshot_preview1: systemCalls(module) };
    this.#exports = new WebAssembly.Instance(module, imports).exports as unknown as Exports;
    this.#exports._initialize();
    this.#isVideo = VIDEO_CODECS.some((each) => each === codec);
    const name = new TextEncoder().encode(FFMPEG_NAME[codec] ?? codec);
    const input = this.#input(name.length + config.length);
    input.set(name);
    input.set(config, name.length);
    const maxPixels = isLive ? MAX_LIVE_PIXELS : MAX_RECORDED_PIXELS;
    check(
      this.#exports.open_decoder(name.length, config.length, sampleRateHz, channelCount, maxPixels, isLive ? 1 : 0),
    );
  }

  /** Memory that the decoder uses. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** @throws DecoderError `unreadable`; WebAssembly.RuntimeError if the instance is broken and cannot be used again. */
  decode({ data, ticket, picture }: CodedPacket): DecodedFrame[] {
    // FFmpeg reads an empty packet as the end of the stream.
    if (data.length === 0) throw new DecoderError('unreadable', 'a packet is empty');
    if (picture !== undefined) this.#pictures.set(ticket, picture);
    if (this.#pictures.size > MAX_OUTSTANDING) this.#pictures.delete(this.#pictures.keys().next().value!);
    this.#input(data.length).set(data);
    check(this.#exports.send_packet(data.length, ticket));
    return this.#receive();
  }

  /** Returns the frames that the decoder still holds, and resets the decoder. Throws as {@link decode} does. */
  flush(): DecodedFrame[] {
    check(this.#exports.send_packet(0, 0));
    const frames = this.#receive();
    this.#exports.flush_decoder();
    this.#pictures.clear();
    return frames;
  }

  #input(sizeBytes: number): Uint8Array {
    const address = this.#exports.input_buffer(sizeBytes);
    if (address === 0) throw new DecoderError('unreadable', 'a packet is larger than the limit of a decoder');
    return new Uint8Array(this.#memory.buffer, address, sizeBytes);
  }

  #receive(): DecodedFrame[] {
    const frames: DecodedFrame[] = [];
    for (;;) {
      const status = this.#exports.receive_frame();
      if (status === 0) return frames;
      check(status);
      const frame = this.#isVideo ? this.#picture() : this.#sound();
      if (frame !== null) frames.push(frame);
    }
  }

  #sound(): DecodedSound {
    const { frame_ticket, frame_channels, frame_samples, frame_plane, frame_rate } = this.#exports;
    const sampleCount = frame_samples();
    const channels = Array.from({ length: Math.min(MAX_CHANNELS, frame_channels()) }, (_, channel) => {
      const address = frame_plane(channel);
      if (address === 0) throw new DecoderError('unreadable', 'its sample format is not known');
      return new Float32Array(this.#memory.buffer, address, sampleCount).slice();
    });
    return { kind: 'sound', ticket: frame_ticket(), sampleRateHz: frame_rate(), channels };
  }

  #picture(): DecodedPicture | null {
    const { frame_ticket, frame_width, frame_height, frame_picture } = this.#exports;
    const ticket = frame_ticket();
    const size = this.#pictures.get(ticket);
    if (size === undefined) return null;
    this.#pictures.delete(ticket);
    const { widthPx, heightPx } = 'maxSidePx' in size ? within(size.maxSidePx, frame_width(), frame_height()) : size;
    const address = frame_picture(widthPx, heightPx);
    if (address === 0) throw new DecoderError('unreadable', 'its picture format is not known');
    const bytes = new Uint8Array(this.#memory.buffer, address, widthPx * heightPx * 3).slice();
    return { kind: 'picture', ticket, widthPx, heightPx, bytes };
  }
}

function within(maxSidePx: number, frameWidthPx: number, frameHeightPx: number): { widthPx: number; heightPx: number } {
  const scale = Math.min(1, maxSidePx / Math.max(frameWidthPx, frameHeightPx));
  const [widthPx, heightPx] = [frameWidthPx, frameHeightPx].map((side) => Math.max(1, Math.round(side * scale)));
  return { widthPx: widthPx!, heightPx: heightPx! };
}

function check(status: number): void {
  if (status < 0) throw new DecoderError('unreadable', `FFmpeg refused it with ${status}`);
}

/** WASI's "bad file descriptor". It also tells the C library that no folder is open to it. */
const EBADF = 8;

/** The module needs no files, clock or environment. Every system call is refused. */
function systemCalls(module: WebAssembly.Module): Record<string, () => number> {
  const calls = WebAssembly.Module.imports(module).filter(({ module: from }) => from === 'wasi_snapshot_preview1');
  return Object.fromEntries(calls.map(({ name }) => [name, () => EBADF]));
}
