import { createResampler, type Resampler, SAMPLE_RATE_HZ } from '../../../pipeline/index.ts';
import { mixChannels } from './mix-channels.ts';
import type { MediaRange, RecordedAudio, RecordedImage, Recording } from './recording.ts';

/** One side of a call that was recorded in files of their own. */
export interface Leg {
  readonly recording: Recording;
  /** When its file begins in the call, ms. */
  readonly offsetMs: number;
}

const SAMPLES_PER_MS = SAMPLE_RATE_HZ / 1000;
const BLOCK_SAMPLES = SAMPLE_RATE_HZ / 10;
/** A block that begins this far from the end of the one before it does not continue it, in samples. */
const GAP_SAMPLES = 20 * SAMPLES_PER_MS;

/**
 * Joins the legs of a call into one recording that has a channel per leg. Legs may have different rates, lengths and
 * numbers of channels, which are mixed. The pictures are those of the first leg that has any.
 */
export function joinLegs(legs: readonly Leg[]): Recording {
  const filmed = legs.find(({ recording }) => recording.hasVideo);
  return {
    durationMs: Math.max(...legs.map(({ recording, offsetMs }) => offsetMs + recording.durationMs)),
    channelCount: legs.length,
    sampleRateHz: SAMPLE_RATE_HZ,
    hasVideo: filmed !== undefined,
    audio: (range) => joinedAudio(legs, range),
    images: (range) => movedImages(filmed, range),
    close: () => {
      for (const { recording } of legs) recording.close();
    },
  };
}

async function* joinedAudio(
  legs: readonly Leg[],
  { startMs, endMs }: MediaRange = { startMs: 0, endMs: Number.POSITIVE_INFINITY },
): AsyncGenerator<RecordedAudio> {
  const readers = legs.map((leg) => new LegReader(leg));
  const firstBlock = Math.floor((startMs * SAMPLES_PER_MS) / BLOCK_SAMPLES) * BLOCK_SAMPLES;
  try {
    for (let from = 0; from < endMs * SAMPLES_PER_MS; from += BLOCK_SAMPLES) {
      const to = from + BLOCK_SAMPLES;
      for (const reader of readers) await reader.readTo(to);
      const until = Math.min(to, Math.max(...readers.map((reader) => reader.endSample)));
      if (until <= from) return;
      const channels = readers.map((reader) => reader.take(from, until));
      if (from >= firstBlock) yield { kind: 'audio', startMs: from / SAMPLES_PER_MS, channels };
    }
  } finally {
    for (const reader of readers) await reader.close();
  }
}

async function* movedImages(leg: Leg | undefined, range: MediaRange | undefined): AsyncGenerator<RecordedImage> {
  if (leg === undefined) return;
  const { recording, offsetMs } = leg;
  const moved = range && { startMs: Math.max(0, range.startMs - offsetMs), endMs: range.endMs - offsetMs };
  for await (const image of recording.images(moved)) yield { ...image, startMs: image.startMs + offsetMs };
}

/** Reads one leg as 16 kHz mono on the call's clock. */
class LegReader {
  readonly #offsetMs: number;
  readonly #sampleRateHz: number;
  readonly #blocks: AsyncIterator<RecordedAudio> | null;
  #resampler: Resampler;
  /** What was read and not yet taken, by start. */
  #pieces: { readonly start: number; readonly samples: Float32Array }[] = [];
  #isOver: boolean;
  /** Where the next sample of the resampler goes; null: at the start of the next block. */
  #next: number | null = null;
  #end = 0;
  /** Start of the run without a gap that is being read, and its samples so far, at the leg's own rate. */
  #runStart = 0;
  #inputSamples = 0;

  constructor({ recording, offsetMs }: Leg) {
    this.#offsetMs = offsetMs;
    this.#sampleRateHz = recording.sampleRateHz;
    this.#isOver = recording.channelCount === 0;
    this.#blocks = this.#isOver ? null : recording.audio()[Symbol.asyncIterator]();
    this.#resampler = createResampler(this.#isOver ? SAMPLE_RATE_HZ : recording.sampleRateHz);
  }

  /** End of what was read; the leg has ended if it is before what {@link readTo} asked for. */
  get endSample(): number {
    return this.#end;
  }

  async readTo(sample: number): Promise<void> {
    while (!this.#isOver && this.#end < sample) {
      const { value, done } = await this.#blocks!.next();
      if (done === true) {
        this.#isOver = true;
        this.#append(this.#resampler.flush());
      } else {
        this.#add(value);
      }
    }
  }

  take(from: number, to: number): Float32Array {
    const taken = new Float32Array(to - from);
    for (const { start, samples } of this.#pieces) {
      const [first, last] = [Math.max(from, start), Math.min(to, start + samples.length)];
      if (first < last) taken.set(samples.subarray(first - start, last - start), first - from);
    }
    this.#pieces = this.#pieces.filter(({ start, samples }) => start + samples.length > to);
    return taken;
  }

  async close(): Promise<void> {
    await this.#blocks?.return?.();
  }

  #add({ startMs, channels }: RecordedAudio): void {
    const start = Math.round((startMs + this.#offsetMs) * SAMPLES_PER_MS);
    if (this.#next !== null && Math.abs(start - this.#inputEnd()) > GAP_SAMPLES) {
      this.#append(this.#resampler.flush());
      this.#resampler = createResampler(this.#sampleRateHz);
      this.#next = null;
    }
    if (this.#next === null) {
      this.#next = start;
      this.#inputSamples = 0;
      this.#runStart = start;
    }
    this.#inputSamples += channels[0]!.length;
    this.#append(this.#resampler.push(mixChannels(channels)));
  }

  /** Where the input of the current run ends. */
  #inputEnd(): number {
    return this.#runStart + (this.#inputSamples * SAMPLE_RATE_HZ) / this.#sampleRateHz;
  }

  #append(samples: Float32Array): void {
    if (samples.length === 0 || this.#next === null) return;
    this.#pieces.push({ start: this.#next, samples });
    this.#next += samples.length;
    this.#end = Math.max(this.#end, this.#next);
  }
}
