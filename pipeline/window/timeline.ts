import { VAD_FRAME_SAMPLES } from '../../models/index.ts';
import type { AudioChunk, VideoImage } from '../media/media-frame.ts';
import { msToSamples } from '../media/media-time.ts';
import { type MemoryAccount, UNCOUNTED } from '../support/memory-account.ts';

/** One voice-activity frame of audio. */
export interface AudioFrame {
  /** Position of the first sample on the 16 kHz grid. */
  readonly startSample: number;
  /** {@link VAD_FRAME_SAMPLES} samples; those from `length` on are zero. */
  readonly samples: Float32Array;
  /** Samples that were heard. */
  readonly length: number;
  /** Whether the frame does not continue the one before it. */
  readonly startsRun: boolean;
}

export interface TimelineOptions {
  /** How much of a participant's media is kept, in ms. */
  readonly timelineMs: number;
  /** Most bytes of images that are kept. */
  readonly imageBytes: number;
  /** Called for each image that was dropped to save memory. */
  readonly onImageDrop: (image: VideoImage) => void;
  /** Default: nobody counts. */
  readonly memory?: MemoryAccount;
}

/** Counted per image in addition to its bytes, so that many tiny images are bounded too. */
const IMAGE_OVERHEAD_BYTES = 1024;
/** Bytes of a frame of audio, with its overhead. */
const FRAME_BYTES = 4 * VAD_FRAME_SAMPLES + 128;

/** The newest media of one participant: audio in voice-activity frames, images by time. Bounded; drops at the front. */
export class Timeline {
  readonly #frames: (AudioFrame | undefined)[];
  readonly #imageMs: number;
  readonly #maxImageBytes: number;
  readonly #onImageDrop: (image: VideoImage) => void;
  readonly #memory: MemoryAccount;
  #endIndex = 0;
  /** Frame that fills up. */
  #partial = new Float32Array(VAD_FRAME_SAMPLES);
  #partialLength = 0;
  #partialStart = 0;
  #startsRun = true;
  #images: VideoImage[] = [];
  #imageBytes = 0;

  constructor(options: TimelineOptions) {
    this.#frames = new Array(Math.ceil(msToSamples(options.timelineMs) / VAD_FRAME_SAMPLES));
    this.#imageMs = options.timelineMs;
    this.#maxImageBytes = options.imageBytes;
    this.#onImageDrop = options.onImageDrop;
    this.#memory = options.memory ?? UNCOUNTED;
    this.#memory.onTrim(() => this.#trimImages());
  }

  /** Most frames that are kept. */
  get capacity(): number {
    return this.#frames.length;
  }

  /** Index of the oldest frame kept. Indices count whole frames from the participant's first. */
  get firstIndex(): number {
    return Math.max(0, this.#endIndex - this.#frames.length);
  }

  /** Index after that of the newest whole frame. */
  get endIndex(): number {
    return this.#endIndex;
  }

  /** First sample of the oldest frame kept, on the 16 kHz grid; null before the first. */
  get firstSample(): number | null {
    return this.#endIndex === 0 ? null : this.frame(this.firstIndex).startSample;
  }

  /** Images kept, by time. */
  get images(): readonly VideoImage[] {
    return this.#images;
  }

  /** The frame of an index in `firstIndex … endIndex − 1`. */
  frame(index: number): AudioFrame {
    return this.#frames[index % this.#frames.length]!;
  }

  /** Adds the next audio of the sync stage. A gap ends the run. Audio that overlaps the run's end is skipped. */
  appendAudio(chunk: AudioChunk): void {
    let { samples } = chunk;
    const startSample = msToSamples(chunk.startMs);
    const endSample = this.#partialStart + this.#partialLength;
    if (this.#startsRun && this.#partialLength === 0) {
      this.#partialStart = Math.max(startSample, endSample);
    } else if (startSample > endSample) {
      this.endRun();
      this.#partialStart = startSample;
    }
    samples = samples.subarray(Math.max(0, this.#partialStart + this.#partialLength - startSample));
    while (samples.length > 0) {
      const part = samples.subarray(0, VAD_FRAME_SAMPLES - this.#partialLength);
      this.#partial.set(part, this.#partialLength);
      this.#partialLength += part.length;
      samples = samples.subarray(part.length);
      if (this.#partialLength === VAD_FRAME_SAMPLES) {
        this.#commit();
      }
    }
  }

  /** The audio ends or has a gap here. The frame that was filling up is padded with silence. */
  endRun(): void {
    if (this.#partialLength > 0) {
      this.#commit();
    }
    this.#startsRun = true;
  }

  addImage(image: VideoImage): void {
    this.#images.push(image);
    this.#imageBytes += cost(image);
    this.#memory.hold('pictures', cost(image));
    let oldCount = 0;
    while (this.#images[oldCount]!.startMs < image.startMs - this.#imageMs) {
      oldCount += 1;
    }
    this.#dropImages(oldCount);
    this.#shrinkImages(this.#maxImageBytes);
  }

  /** Memory is short: drops the older half of the images. */
  #trimImages(): void {
    this.#shrinkImages(this.#imageBytes / 2);
  }

  #shrinkImages(maxBytes: number): void {
    let bytes = this.#imageBytes;
    let count = 0;
    while (bytes > maxBytes && count < this.#images.length) {
      const image = this.#images[count]!;
      bytes -= cost(image);
      count += 1;
      this.#onImageDrop(image);
    }
    this.#dropImages(count);
  }

  #dropImages(count: number): void {
    if (count === 0) return;
    let bytes = 0;
    for (const image of this.#images.splice(0, count)) bytes += cost(image);
    this.#imageBytes -= bytes;
    this.#memory.hold('pictures', -bytes);
  }

  #commit(): void {
    const slot = this.#endIndex % this.#frames.length;
    if (this.#frames[slot] === undefined) this.#memory.hold('audio', FRAME_BYTES);
    this.#frames[slot] = {
      startSample: this.#partialStart,
      samples: this.#partial,
      length: this.#partialLength,
      startsRun: this.#startsRun,
    };
    this.#endIndex += 1;
    this.#partialStart += this.#partialLength;
    this.#partial = new Float32Array(VAD_FRAME_SAMPLES);
    this.#partialLength = 0;
    this.#startsRun = false;
  }
}

function cost(image: VideoImage): number {
  return image.image.bytes.byteLength + IMAGE_OVERHEAD_BYTES;
}
