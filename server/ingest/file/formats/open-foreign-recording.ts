import type { Warn } from '../analysis-warning.ts';
import type { MediaRange, RecordedAudio, RecordedImage, Recording } from '../recording.ts';
import { RecordingError } from '../recording-error.ts';
import { readBareFormat } from './bare-format.ts';
import type { BareFormat, ContainerPart, ForeignContainerInfo, ForeignTrack } from './foreign-messages.ts';
import { type ForeignReader, type ForeignReaderOptions, startForeignReader } from './foreign-reader.ts';
import { findParts } from './joined-parts.ts';
import { readForeignImages, readForeignSound } from './read-foreign-track.ts';
import { whyForeignUnreadable } from './why-unreadable.ts';

const MAX_CHANNELS = 8;
/** Batches in which the first sound is looked for. */
const MAX_SEARCHED_BATCHES = 100;

export interface ForeignRecordingOptions {
  readonly warn?: Warn;
  readonly reader?: ForeignReaderOptions;
  /** The containers in the file, if the caller has looked for them. Default: they are looked for. */
  readonly parts?: readonly ContainerPart[];
}

/** A container in the file, and where it lies in the recording. */
export interface ForeignPart {
  readonly part: ContainerPart;
  /** Subtracted from the container's times, s. */
  readonly originS: number;
  /** When it begins in the recording, s. */
  readonly startS: number;
  /** Infinite when it is not known. */
  readonly durationS: number;
  readonly sound: ForeignTrack | null;
  readonly film: ForeignTrack | null;
}

/**
 * Opens a recording that mediabunny cannot read, with FFmpeg's demuxers and decoders, for its first audio and first
 * video track. Each pass over one of them has a thread of its own. A track without a decoder is left out with a
 * warning. Sound that is damaged costs what is damaged, and one warning.
 *
 * @throws RecordingError `recording-unreadable` or `recording-unsupported`.
 */
export async function openForeignRecording(path: string, options: ForeignRecordingOptions = {}): Promise<Recording> {
  const warn = onlyOnce(options.warn ?? (() => {}));
  const readers = new Set<ForeignReader>();
  let isClosed = false;
  let idle: ForeignReader | null = null;
  const start = async (bare: BareFormat | null): Promise<ForeignReader> => {
    const spare = idle;
    idle = null;
    if (spare !== null) return spare;
    const reader = await startForeignReader(path, bare, options.reader);
    if (isClosed) reader.close();
    readers.add(reader);
    return reader;
  };
  const close = (): void => {
    isClosed = true;
    for (const reader of readers) reader.close();
  };
  try {
    const bare = await readBareFormat(path);
    const found = options.parts ?? (await findParts(path));
    const inspector = await start(bare);
    const parts = await inspect(path, inspector, found);
    // The first pass goes on with it.
    idle = inspector;
    const sound = parts.find((part) => part.sound?.hasDecoder)?.sound ?? null;
    const film = parts.find((part) => part.film?.hasDecoder)?.film ?? null;
    refuseUnusable(path, parts, sound, film, warn);
    const source = { parts, warn, start: () => start(bare), readers };
    const last = parts.at(-1)!;
    return {
      durationMs: Number.isFinite(last.durationS) ? (last.startS + last.durationS) * 1000 : 0,
      channelCount: sound?.channelCount ?? 0,
      sampleRateHz: sound?.sampleRateHz ?? 0,
      hasVideo: film !== null,
      clockStartMs: parts[0]!.originS * 1000,
      audio: (range?: MediaRange): AsyncIterable<RecordedAudio> => readForeignSound(path, source, sound, range),
      images: (range?: MediaRange): AsyncIterable<RecordedImage> => readForeignImages(source, film, range),
      close,
    };
  } catch (cause) {
    close();
    throw cause instanceof RecordingError
      ? cause
      : RecordingError.unreadable(path, await whyForeignUnreadable(path, cause), cause);
  }
}

async function inspect(path: string, reader: ForeignReader, found: readonly ContainerPart[]): Promise<ForeignPart[]> {
  const parts: ForeignPart[] = [];
  let failure: unknown = null;
  let startS = 0;
  for (const part of found) {
    try {
      const info = await reader.open(part);
      const originS = origin(info);
      let durationS = info.durationS ?? Number.POSITIVE_INFINITY;
      if (found.length > 1) {
        const endS = await reader.measure();
        durationS = endS === null ? durationS : Math.max(0, endS - originS);
      }
      const [declared, film] = [preferred(info, 'audio'), preferred(info, 'video')];
      // Measuring has read it to its end.
      if (found.length > 1) await reader.open(part);
      const sound = declared === null ? null : await settled(reader, declared);
      parts.push({ part, originS, startS, durationS, sound, film });
      if (Number.isFinite(durationS)) startS += durationS;
    } catch (error) {
      failure ??= error;
    }
  }
  if (parts.length === 0) throw failure;
  if (parts.every(({ sound, film }) => sound === null && film === null))
    throw RecordingError.unsupported(path, await whyForeignUnreadable(path, null, 'it has neither audio nor video'));
  return parts;
}

/** A track whose rate or channels the container does not say has those of its first sound. */
async function settled(reader: ForeignReader, track: ForeignTrack): Promise<ForeignTrack> {
  if (!track.hasDecoder || (track.channelCount > 0 && track.sampleRateHz > 0)) return track;
  await reader.read(track.index, null);
  for (let batch = 0; batch < MAX_SEARCHED_BATCHES; batch++) {
    const { frames, isOver } = await reader.next();
    const first = frames.find((frame) => frame.kind === 'sound');
    if (first !== undefined) return { ...track, channelCount: first.channels.length, sampleRateHz: first.sampleRateHz };
    if (isOver) break;
  }
  return track;
}

/** The time at which a container's clock begins. In MP4 it is 0: a track that begins later has silence before it. */
function origin({ format, startS }: ForeignContainerInfo): number {
  return format.startsWith('mov') ? 0 : (startS ?? 0);
}

/** The track to read: rather one that can be decoded, that the container describes, and that it prefers. */
function preferred({ tracks }: ForeignContainerInfo, kind: ForeignTrack['kind']): ForeignTrack | null {
  const ofKind = tracks.filter((track) => track.kind === kind);
  const rank = ({ hasDecoder, isDefault, channelCount }: ForeignTrack): number =>
    (hasDecoder ? 4 : 0) + (kind === 'audio' && channelCount > 0 ? 2 : 0) + (isDefault ? 1 : 0);
  return ofKind.reduce<ForeignTrack | null>(
    (best, track) => (best === null || rank(track) > rank(best) ? track : best),
    null,
  );
}

const CONVERT = 'convert it first: ffmpeg -i in.file -c:v libvpx -c:a libopus out.webm';

function refuseUnusable(
  path: string,
  parts: readonly ForeignPart[],
  sound: ForeignTrack | null,
  film: ForeignTrack | null,
  warn: Warn,
): void {
  const withoutSound = sound === null ? parts.find((part) => part.sound !== null)?.sound : undefined;
  const withoutFilm = film === null ? parts.find((part) => part.film !== null)?.film : undefined;
  if (sound === null && film === null) {
    const codec =
      withoutSound === undefined ? `video codec ${withoutFilm!.codec}` : `audio codec ${withoutSound!.codec}`;
    throw RecordingError.unsupported(path, `there is no decoder for its ${codec}; ${CONVERT}`);
  }
  if (sound !== null && sound.channelCount > MAX_CHANNELS)
    throw RecordingError.unsupported(path, `${sound.channelCount} channels; at most ${MAX_CHANNELS}`);
  if (sound !== null && (sound.channelCount < 1 || sound.sampleRateHz < 1))
    throw RecordingError.unreadable(path, 'its audio is damaged from the start');
  for (const track of [withoutSound, withoutFilm]) {
    if (track === undefined || track === null) continue;
    warn({
      code: 'track-left-out',
      message: `the recording's ${track.kind === 'audio' ? 'sound' : 'picture'} is left out: there is no decoder for its ${track.kind} codec ${track.codec}; ${CONVERT}`,
    });
  }
}

/** A track may be read more than once. */
function onlyOnce(warn: Warn): Warn {
  const told = new Set<string>();
  return (warning) => {
    if (told.has(warning.code)) return;
    told.add(warning.code);
    warn(warning);
  };
}
