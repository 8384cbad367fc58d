import type {
  BareFormat,
  ContainerPart,
  ForeignContainerInfo,
  ForeignPicture,
  ForeignSound,
  ForeignTrack,
  PictureWish,
} from './foreign-messages.ts';

const PAGE_BYTES = 64 * 1024;
/** The module's minimum memory: its data and its stack. */
const INITIAL_PAGES = 96;
/** Memory for the index of a long recording and the reference frames of a large picture: 512 MiB. */
const MAX_PAGES = (512 * 1024 * 1024) / PAGE_BYTES;
/** Largest frame, in pixels: slightly more than 4096 × 2304. */
const MAX_PIXELS = 10 * 1024 * 1024;
const MAX_TRACKS = 64;
const MAX_CHANNELS = 64;
/** Frames that may pass unwanted before the caller is asked whether to go on. */
const MAX_PASSED_FRAMES = 100;
/** Packets that are measured in one go. */
const MEASURED_PACKETS = 20_000;

/** Containers round times to ms and more, s. */
const ROUNDING_S = 0.005;

/** What `formats.c` exports. Pointers are byte offsets into the instance's memory, times are in seconds or NaN. */
interface Exports {
  _initialize(): void;
  input_buffer(size: number): number;
  open_container(sizeBytes: number, sampleRateHz: number): number;
  format_name(): number;
  container_start(): number;
  container_duration(): number;
  track_count(): number;
  track_kind(track: number): number;
  track_codec(track: number): number;
  track_has_decoder(track: number): number;
  track_is_default(track: number): number;
  track_channels(track: number): number;
  track_rate(track: number): number;
  track_rotation(track: number): number;
  open_track(track: number, maxPixels: number): number;
  seek_track(timeS: number): number;
  want_from(timeS: number): void;
  next_frame(): number;
  take_damage(): number;
  next_packet(): number;
  take_packet_end(): number;
  frame_time(): number;
  frame_aspect(): number;
  frame_width(): number;
  frame_height(): number;
  frame_samples(): number;
  frame_channels(): number;
  frame_rate(): number;
  frame_plane(channel: number): number;
  frame_picture(widthPx: number, heightPx: number): number;
}

interface WantedPictures extends PictureWish {
  /** Earlier pictures come too soon after the one before. */
  nextS: number;
  /** The last picture's, whether it was wanted or not. */
  lastS: number | null;
}

/** Copies bytes of the part from `positionBytes` on to `to`. Returns their number, 0 at the end, −1 if it fails. */
export type ReadBytes = (positionBytes: number, to: Uint8Array) => number;

/** FFmpeg refuses the file. The message contains nothing of its content. */
export class ForeignError extends Error {
  override readonly name = 'ForeignError';
}

/**
 * One container and one of its tracks, read by FFmpeg in its own WebAssembly instance. A broken file can corrupt only
 * that instance's memory. Synchronous: run it on its own thread.
 */
export class ForeignContainer {
  readonly info: ForeignContainerInfo;
  readonly #exports: Exports;
  readonly #memory: WebAssembly.Memory;
  #rotation = 0;
  #pictures: WantedPictures | null = null;

  /** @throws ForeignError if FFmpeg cannot open it. */
  constructor(
    module: WebAssembly.Module,
    read: ReadBytes,
    { sizeBytes }: ContainerPart,
    fileName: string,
    bare: BareFormat | null,
  ) {
    this.#memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAX_PAGES });
    const host = {
      read: (position: number, address: number, size: number) =>
        read(position, new Uint8Array(this.#memory.buffer, address, size)),
    };
    const imports = { env: { memory: this.#memory }, host, wasi_snapshot_preview1: systemCalls(module) };
    this.#exports = new WebAssembly.Instance(module, imports).exports as unknown as Exports;
    this.#exports._initialize();
    const names = new TextEncoder().encode(`${bare?.name ?? ''}\0${fileName}\0`);
    const input = this.#exports.input_buffer(names.length);
    new Uint8Array(this.#memory.buffer, input, names.length).set(names);
    check(this.#exports.open_container(sizeBytes, bare?.sampleRateHz ?? 0));
    this.info = this.#describe();
  }

  /** Opens a track's decoder, at the last place from which `fromS` can be decoded. */
  read(track: number, fromS: number | null, pictures?: PictureWish): void {
    const { open_track, seek_track, track_rotation } = this.#exports;
    check(open_track(track, MAX_PIXELS));
    this.#rotation = track_rotation(track);
    this.#pictures =
      pictures === undefined ? null : { ...pictures, nextS: fromS ?? Number.NEGATIVE_INFINITY, lastS: null };
    // A file in which FFmpeg finds no such place is read from its start.
    if (fromS !== null) seek_track(fromS);
  }

  /** The next frame that is wanted. Null at the end; undefined when much passed without one: call again. */
  next(): ForeignSound | ForeignPicture | null | undefined {
    for (let passed = 0; passed < MAX_PASSED_FRAMES; passed++) {
      const status = this.#exports.next_frame();
      check(status);
      if (status === 0) return null;
      if (status === 2) return undefined;
      const frame = this.#pictures === null ? this.#sound() : this.#picture(this.#pictures);
      if (frame !== null) return frame;
    }
    return undefined;
  }

  /** How many packets could not be decoded since the last call. */
  takeDamage(): number {
    return this.#exports.take_damage();
  }

  /** Reads packets without decoding them. Returns the latest time at which one of them ends. */
  measure(): { readonly endS: number | null; readonly isOver: boolean } {
    let endS: number | null = null;
    for (let count = 0; count < MEASURED_PACKETS; count++) {
      if (this.#exports.next_packet() !== 1) return { endS, isOver: true };
      const packetEndS = this.#exports.take_packet_end();
      if (packetEndS > (endS ?? Number.NEGATIVE_INFINITY)) endS = packetEndS;
    }
    return { endS, isOver: false };
  }

  #describe(): ForeignContainerInfo {
    const exports = this.#exports;
    const tracks: ForeignTrack[] = [];
    for (let index = 0; index < Math.min(MAX_TRACKS, exports.track_count()); index++) {
      const kind = exports.track_kind(index);
      if (kind === 0) continue;
      tracks.push({
        kind: kind === 1 ? 'audio' : 'video',
        index,
        codec: this.#text(exports.track_codec(index)),
        hasDecoder: exports.track_has_decoder(index) === 1,
        isDefault: exports.track_is_default(index) === 1,
        channelCount: exports.track_channels(index),
        sampleRateHz: exports.track_rate(index),
      });
    }
    return {
      format: this.#text(exports.format_name()),
      startS: known(exports.container_start()),
      durationS: known(exports.container_duration()),
      tracks,
    };
  }

  #text(address: number): string {
    const bytes = new Uint8Array(this.#memory.buffer, address, 64);
    return new TextDecoder('latin1').decode(bytes.subarray(0, bytes.indexOf(0))).replace(/[^ -~]/g, '?');
  }

  #sound(): ForeignSound | null {
    const { frame_time, frame_channels, frame_samples, frame_plane, frame_rate } = this.#exports;
    const sampleCount = frame_samples();
    if (sampleCount === 0) return null;
    const channels = Array.from({ length: Math.min(MAX_CHANNELS, frame_channels()) }, (_, channel) => {
      const address = frame_plane(channel);
      if (address === 0) throw new ForeignError('its sample format is not known');
      return new Float32Array(this.#memory.buffer, address, sampleCount).slice() as Float32Array<ArrayBuffer>;
    });
    return { kind: 'sound', timeS: known(frame_time()), sampleRateHz: frame_rate(), channels };
  }

  /** Null if the picture comes too soon after the one before. */
  #picture(wish: WantedPictures): ForeignPicture | null {
    const { frame_time, frame_width, frame_height, frame_aspect, frame_picture, want_from } = this.#exports;
    const timeS = known(frame_time());
    if (timeS !== null) {
      const isClockAnew = wish.lastS !== null && timeS < wish.lastS - 1;
      wish.lastS = timeS;
      if (timeS < wish.nextS - ROUNDING_S && !isClockAnew) return null;
      const gapS = 1 / wish.maxPerSecond;
      // Keeps to the grid, so that the rate is not lower than it has to be.
      wish.nextS = isClockAnew || timeS >= wish.nextS + gapS ? timeS + gapS : wish.nextS + gapS;
      want_from(wish.nextS - ROUNDING_S);
    }
    // Square pixels, by making the picture wider or less wide.
    const [width, height] = [frame_width() * Math.min(16, Math.max(1 / 16, frame_aspect())), frame_height()];
    const scale = Math.min(1, wish.maxSidePx / Math.max(width, height));
    const [widthPx, heightPx] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
    const address = frame_picture(widthPx, heightPx);
    if (address === 0) throw new ForeignError('its picture format is not known');
    const bytes = new Uint8Array(this.#memory.buffer, address, widthPx * heightPx * 3).slice();
    return { kind: 'picture', timeS, widthPx, heightPx, bytes: bytes as Uint8Array<ArrayBuffer> };
  }

  /** Degrees clockwise by which the pictures are to be turned. */
  get rotation(): number {
    return this.#rotation;
  }
}

function known(timeS: number): number | null {
  return Number.isFinite(timeS) ? timeS : null;
}

function check(status: number): void {
  if (status < 0) throw new ForeignError(`FFmpeg refused it with ${status}`);
}

/** WASI's "bad file descriptor". It also tells the C library that no folder is open to it. */
const EBADF = 8;

/** The module has no files, clock or environment of its own. Every system call is refused. */
function systemCalls(module: WebAssembly.Module): Record<string, () => number> {
  const calls = WebAssembly.Module.imports(module).filter(({ module: from }) => from === 'wasi_snapshot_preview1');
  return Object.fromEntries(calls.map(({ name }) => [name, () => EBADF]));
}
