/** A stretch of a file that is a whole container. A file that was joined from several has several. */
export interface ContainerPart {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** A form of bare samples or frames, which no header names. */
export interface BareFormat {
  /** FFmpeg's name of the format. */
  readonly name: string;
  /** For bare PCM. Default: the format has only one rate. */
  readonly sampleRateHz?: number;
}

export interface ForeignThreadData {
  /** FFmpeg's demuxers and decoders, compiled once for all threads. */
  readonly module: WebAssembly.Module;
  readonly path: string;
  readonly bare: BareFormat | null;
}

/** How the pictures of a track are to be. */
export interface PictureWish {
  readonly maxPerSecond: number;
  readonly maxSidePx: number;
}

/** Main thread → foreign thread. Every request is answered, in order. */
export type ForeignRequest =
  /** Opens a part of the file, and closes the one before. */
  | { readonly kind: 'open'; readonly part: ContainerPart }
  /** Reads on, without decoding, to find where the part ends. */
  | { readonly kind: 'measure' }
  /** Opens a track's decoder. `fromS` is in the container's own time; null: from the start. */
  | { readonly kind: 'read'; readonly track: number; readonly fromS: number | null; readonly pictures?: PictureWish }
  | { readonly kind: 'next' };

export interface ForeignTrack {
  readonly kind: 'audio' | 'video';
  readonly index: number;
  /** FFmpeg's name of the codec. */
  readonly codec: string;
  readonly hasDecoder: boolean;
  readonly isDefault: boolean;
  /** 0 for video, or unknown. */
  readonly channelCount: number;
  readonly sampleRateHz: number;
}

/** An opened part. Times are in the container's own clock; null when it does not say. */
export interface ForeignContainerInfo {
  /** FFmpeg's name of the format. */
  readonly format: string;
  readonly startS: number | null;
  readonly durationS: number | null;
  readonly tracks: readonly ForeignTrack[];
}

export interface ForeignSound {
  readonly kind: 'sound';
  /** Null when the stream does not say: the sound follows what came before. */
  readonly timeS: number | null;
  readonly sampleRateHz: number;
  readonly channels: readonly Float32Array<ArrayBuffer>[];
}

export interface ForeignPicture {
  readonly kind: 'picture';
  readonly timeS: number | null;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface ForeignBatch {
  readonly kind: 'batch';
  readonly frames: readonly (ForeignSound | ForeignPicture)[];
  /** Packets that could not be decoded. */
  readonly damagedPackets: number;
  readonly isOver: boolean;
}

/** Foreign thread → main thread. */
export type ForeignReply =
  | { readonly kind: 'opened'; readonly info: ForeignContainerInfo }
  | { readonly kind: 'measured'; readonly endS: number | null; readonly isOver: boolean }
  | { readonly kind: 'reading' }
  | ForeignBatch
  | { readonly kind: 'error'; readonly message: string };
