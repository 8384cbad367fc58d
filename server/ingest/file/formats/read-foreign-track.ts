import type { Warn } from '../analysis-warning.ts';
import type { MediaRange, RecordedAudio, RecordedImage } from '../recording.ts';
import { RecordingError } from '../recording-error.ts';
import { ForeignError } from './foreign-container.ts';
import type { ForeignBatch, ForeignTrack, PictureWish } from './foreign-messages.ts';
import type { ForeignReader } from './foreign-reader.ts';
import { MediaTimes } from './media-times.ts';
import type { ForeignPart } from './open-foreign-recording.ts';
import { SoundShape } from './sound-shape.ts';

/** As from any other recording: the face stage needs no more. */
const PICTURES: PictureWish = { maxPerSecond: 6, maxSidePx: 640 };
/** Sound is decoded from so much before the range on, because decoders need some packets to settle. */
const SETTLING_S = 0.5;

export interface ForeignSource {
  readonly parts: readonly ForeignPart[];
  readonly warn: Warn;
  start(): Promise<ForeignReader>;
  /** The readers that are at work. */
  readonly readers: Set<ForeignReader>;
}

const EVERYTHING: MediaRange = { startMs: 0, endMs: Number.POSITIVE_INFINITY };

/** The sound of a recording, at the rate and number of channels of `track`. */
export async function* readForeignSound(
  path: string,
  source: ForeignSource,
  track: ForeignTrack | null,
  range: MediaRange = EVERYTHING,
): AsyncGenerator<RecordedAudio> {
  if (track === null) return;
  const shape = new SoundShape(track.channelCount, track.sampleRateHz);
  const damage = new Damage('audio', source.warn);
  let hasSound = false;
  try {
    for await (const { batch, part, times } of batches(source, 'sound', range, damage)) {
      for (const frame of batch.frames) {
        if (frame.kind !== 'sound') continue;
        const channels = shape.fit(frame.channels, frame.sampleRateHz);
        const sampleCount = channels[0]?.length ?? 0;
        if (sampleCount === 0) continue;
        const timeS = frame.timeS === null ? null : frame.timeS - part.originS;
        const startMs = (part.startS + times.place(timeS, sampleCount / track.sampleRateHz)) * 1000;
        if (startMs >= range.endMs) return;
        if (startMs + (sampleCount / track.sampleRateHz) * 1000 <= range.startMs) continue;
        hasSound = true;
        yield { kind: 'audio', startMs, channels };
      }
    }
    if (!hasSound && damage.isFound) throw RecordingError.unreadable(path, 'its audio is damaged', damage.cause);
  } finally {
    damage.tell();
  }
}

/** The pictures of a recording. */
export async function* readForeignImages(
  source: ForeignSource,
  track: ForeignTrack | null,
  range: MediaRange = EVERYTHING,
): AsyncGenerator<RecordedImage> {
  if (track === null) return;
  const damage = new Damage('video', source.warn);
  try {
    for await (const { batch, part, times } of batches(source, 'film', range, damage)) {
      for (const frame of batch.frames) {
        if (frame.kind !== 'picture' || frame.timeS === null) continue;
        const startMs = (part.startS + times.place(frame.timeS - part.originS, 1 / PICTURES.maxPerSecond)) * 1000;
        if (startMs >= range.endMs) return;
        if (startMs < range.startMs) continue;
        const { widthPx, heightPx, bytes } = frame;
        yield { kind: 'image', startMs, image: { encoding: 'rgb24', widthPx, heightPx, bytes } };
      }
    }
  } finally {
    damage.tell();
  }
}

interface PlacedBatch {
  readonly batch: ForeignBatch;
  readonly part: ForeignPart;
  readonly times: MediaTimes;
}

/** One batch is decoded ahead while the one before is used. */
async function* batches(
  source: ForeignSource,
  media: 'sound' | 'film',
  range: MediaRange,
  damage: Damage,
): AsyncGenerator<PlacedBatch> {
  const parts = source.parts.filter(
    (part) =>
      part[media]?.hasDecoder &&
      part.startS * 1000 < range.endMs &&
      (part.startS + part.durationS) * 1000 > range.startMs,
  );
  if (parts.length === 0) return;
  const reader = await source.start();
  try {
    for (const part of parts) {
      const times = new MediaTimes(part.durationS);
      const from = Math.max(0, range.startMs / 1000 - part.startS - (media === 'sound' ? SETTLING_S : 0));
      try {
        await reader.open(part.part);
        const fromS = from > 0 ? from + part.originS : null;
        await reader.read(part[media]!.index, fromS, media === 'film' ? PICTURES : undefined);
        for (let ahead = handled(reader.next()); ; ) {
          const batch = await ahead;
          if (!batch.isOver) ahead = handled(reader.next());
          yield { batch, part, times };
          const isLast = batch.isOver && part === parts.at(-1);
          if (batch.damagedPackets > 0)
            damage.add(batch.damagedPackets, (part.startS + times.endS) * 1000, isLast ? 'at its end' : 'within');
          if (batch.isOver) break;
        }
      } catch (error) {
        if (!(error instanceof ForeignError)) throw error;
        damage.fail(error, (part.startS + times.endS) * 1000);
      }
    }
  } finally {
    source.readers.delete(reader);
    reader.close();
  }
}

/** A failure is reported where the batch is awaited. This handler only prevents an unhandled rejection before that. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** What could not be decoded of one track. Told once, at the end. */
class Damage {
  readonly #media: 'audio' | 'video';
  readonly #warn: Warn;
  #packets = 0;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = 0;
  #failure: ForeignError | null = null;
  #isWithin = false;

  constructor(media: 'audio' | 'video', warn: Warn) {
    this.#media = media;
    this.#warn = warn;
  }

  get isFound(): boolean {
    return this.#packets > 0 || this.#failure !== null;
  }

  get cause(): ForeignError | null {
    return this.#failure;
  }

  add(packets: number, atMs: number, where: 'within' | 'at its end' = 'within'): void {
    this.#packets += packets;
    if (where === 'within') this.#isWithin = true;
    this.#firstMs = Math.min(this.#firstMs, atMs);
    this.#lastMs = Math.max(this.#lastMs, atMs);
  }

  /** The part could not be read to its end. */
  fail(error: ForeignError, atMs: number): void {
    this.#failure ??= error;
    this.add(0, atMs);
  }

  tell(): void {
    if (!this.isFound) return;
    const name = this.#media === 'audio' ? 'sound' : 'picture';
    if (!this.#isWithin) {
      const message = `the ${name} ends in the middle of a packet: the recording was cut off there`;
      this.#warn({ code: 'recording-truncated', message, startMs: Math.round(this.#firstMs) });
      return;
    }
    const [startMs, endMs] = [Math.round(this.#firstMs), Math.round(this.#lastMs)];
    const message =
      this.#failure === null
        ? `the ${name} is damaged in ${this.#packets === 1 ? 'one place' : `${this.#packets} places`}; what was there is missing from the analysis`
        : `the ${name} is damaged and could not be read to its end: ${this.#failure.message}`;
    this.#warn({ code: `${this.#media}-damaged`, message, startMs, endMs });
  }
}
