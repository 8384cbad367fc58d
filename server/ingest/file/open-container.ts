import {
  ALL_FORMATS,
  EncodedPacketSink,
  FilePathSource,
  HLS,
  Input,
  type InputAudioTrack,
  type InputTrack,
  type InputVideoTrack,
  IsobmffInputFormat,
  Logging,
  LogLevel,
} from 'mediabunny';
import type { Warn } from './analysis-warning.ts';
import { SoundShape } from './formats/sound-shape.ts';
import { joinLegs } from './legs.ts';
import { readPictures, videoCodec } from './recorded-pictures.ts';
import { canDecodeSound, readSoundTrack, type SoundBlock } from './recorded-sound.ts';
import type { MediaRange, RecordedAudio, RecordedImage, Recording } from './recording.ts';
import { RecordingError } from './recording-error.ts';
import { readRestOfSound, saidEnd } from './rest-of-sound.ts';
import { TrackDamage } from './track-damage.ts';

/** Pictures per second taken from a recording's video. The face stage needs no more. */
const IMAGES_PER_SECOND = 6;
export const MAX_CHANNELS = 8;

/** A playlist names other files and addresses. None of them is opened. */
const FORMATS = ALL_FORMATS.filter((format) => format !== HLS);
/** In these containers time begins at 0, so a later start is silence. A start later than this is a stream's clock, s. */
const LONGEST_LEAD_S = 600;

Logging.level = LogLevel.Silent;

/** What is done about a recording with a track that cannot be decoded. */
type Undecodable = 'refuse' | 'leave out';

/**
 * Opens a container with mediabunny.
 *
 * @throws RecordingError `recording-unsupported` if nothing in it can be decoded; mediabunny's error, or another, if it
 * has no tracks.
 */
export async function openContainer(path: string, warn: Warn, undecodable: Undecodable): Promise<Recording> {
  const input = new Input({ formats: FORMATS, source: new FilePathSource(path, { handleUnhandledError: () => {} }) });
  try {
    const { sounds, film } = await chooseTracks(input, path, warn, undecodable);
    const tracks = film === null ? [...sounds] : [...sounds, film];
    const originS = await clockStart(input, tracks);
    const durationMs = Math.max(0, (await input.computeDuration(tracks)) - originS) * 1000;
    const channelCount = sounds.length > 1 ? sounds.length : (sounds[0]?.numberOfChannels ?? 0);
    if (channelCount > MAX_CHANNELS)
      throw RecordingError.unsupported(path, `${channelCount} channels; at most ${MAX_CHANNELS}`);
    const warnOnce = onlyOnce(warn);
    const withSound = (sound: InputAudioTrack | null): Recording => ({
      durationMs,
      channelCount: sound?.numberOfChannels ?? 0,
      sampleRateHz: sound?.sampleRate ?? 0,
      hasVideo: film !== null,
      clockStartMs: originS * 1000,
      audio: (range) => readAudio({ path, track: sound, isFirst: sound === sounds[0], originS, warn: warnOnce }, range),
      images: (range) => readImages(film, originS, warnOnce, range),
      close: () => input.dispose(),
    });
    if (sounds.length < 2) return withSound(sounds[0] ?? null);
    const legs = sounds.map((sound) => ({ recording: withSound(sound), offsetMs: 0 }));
    return { ...joinLegs(legs), clockStartMs: originS * 1000 };
  } catch (error) {
    input.dispose();
    throw error;
  }
}

interface ChosenTracks {
  /** In the order of the container. */
  readonly sounds: readonly InputAudioTrack[];
  readonly film: InputVideoTrack | null;
}

/** The audio tracks that can be decoded, and the first such video track; the container's preferred one, if it can. */
async function chooseTracks(input: Input, path: string, warn: Warn, undecodable: Undecodable): Promise<ChosenTracks> {
  const audio = await filled(await input.getAudioTracks());
  const films = await filled(await preferredFirst(await input.getVideoTracks(), await input.getPrimaryVideoTrack()));
  const sounds = audio.filter((track) => canDecodeSound(track.codec));
  const film = films.find((track) => videoCodec(track) !== null) ?? null;
  if (audio.length + films.length === 0) throw new Error('the container holds neither audio nor video');
  const leftOut = [sounds.length === 0 ? audio[0] : undefined, film === null ? films[0] : undefined];
  for (const track of leftOut) {
    if (track === undefined) continue;
    const problem = `there is no decoder for its ${track.type} codec ${await codecName(track)}; ${CONVERT}`;
    if (undecodable === 'refuse' || (sounds.length === 0 && film === null))
      throw RecordingError.unsupported(path, problem);
    const name = track.type === 'audio' ? 'sound' : 'picture';
    warn({ code: 'track-left-out', message: `the recording's ${name} is left out: ${problem}` });
  }
  return { sounds, film };
}

const CONVERT = 'convert it first: ffmpeg -i in.file -c:v libvpx -c:a libopus out.webm';

async function preferredFirst<T extends InputTrack>(tracks: readonly T[], preferred: T | null): Promise<T[]> {
  return preferred === null ? [...tracks] : [preferred, ...tracks.filter((track) => track !== preferred)];
}

/**
 * The tracks that hold packets. An empty track is none. mediabunny looks for a packet by its time without end in a FLAC file that
 * holds none.
 */
async function filled<T extends InputTrack>(tracks: readonly T[]): Promise<T[]> {
  const firsts = await Promise.all(
    tracks.map((track) => new EncodedPacketSink(track).getFirstPacket({ metadataOnly: true })),
  );
  return tracks.filter((_, index) => firsts[index] !== null);
}

/** mediabunny's name of the codec, else the container's. */
async function codecName(track: InputTrack): Promise<string> {
  const id = track.codec ?? (await track.getInternalCodecId());
  return typeof id === 'string' && /^[ -~]{1,40}$/.test(id) ? id : 'that it names';
}

/** When the container's clock shows the start of the recording, s. */
async function clockStart(input: Input, tracks: InputTrack[]): Promise<number> {
  const startS = await input.getFirstTimestamp(tracks);
  const countsFromZero = (await input.getFormat()) instanceof IsobmffInputFormat;
  return countsFromZero && startS < LONGEST_LEAD_S ? 0 : Math.max(0, startS);
}

/** The sound is read more than once: to survey it, and to analyze it. */
function onlyOnce(warn: Warn): Warn {
  const told = new Set<string>();
  return (warning) => {
    if (told.has(warning.code)) return;
    told.add(warning.code);
    warn(warning);
  };
}

interface SoundSource {
  readonly path: string;
  readonly track: InputAudioTrack | null;
  /** FFmpeg opens only the first audio track of a file. */
  readonly isFirst: boolean;
  readonly originS: number;
  readonly warn: Warn;
}

async function* readAudio(
  { path, track, isFirst, originS, warn }: SoundSource,
  range: MediaRange | undefined,
): AsyncGenerator<RecordedAudio> {
  if (track === null) return;
  const damage = new TrackDamage('audio', warn);
  const shape = new SoundShape(track.numberOfChannels, track.sampleRate);
  let isHeard = false;
  let reachedMs = range?.startMs ?? 0;
  try {
    for await (const block of readSoundTrack(track, damage, range && range.startMs / 1000 + originS)) {
      const heard = toRecordedAudio(block, shape, originS, track.sampleRate);
      if (heard === null) continue;
      if (range !== undefined && heard.startMs >= range.endMs) break;
      isHeard = true;
      reachedMs = heard.startMs + (heard.channels[0]!.length * 1000) / track.sampleRate;
      yield heard;
    }
    const endMs = isFirst ? ((await saidEnd(track)) - originS) * 1000 : 0;
    const untilMs = Math.min(endMs, range?.endMs ?? endMs);
    for await (const heard of readRestOfSound({ path, fromMs: reachedMs, untilMs, shape, damage, warn })) {
      isHeard = true;
      yield heard;
    }
  } catch (cause) {
    throw RecordingError.unreadable(path, 'its audio is damaged', cause);
  }
  if (!isHeard && damage.cause !== undefined)
    throw RecordingError.unreadable(path, 'its audio is damaged', damage.cause);
  damage.tell();
}

/** Decoders start with samples from before the first that is to be heard. Null: the block has no others. */
function toRecordedAudio(
  { startS, sampleRateHz, channels }: SoundBlock,
  shape: SoundShape,
  originS: number,
  rateHz: number,
): RecordedAudio | null {
  const fitted = shape.fit(channels, sampleRateHz);
  const startMs = (startS - originS) * 1000;
  const early = startMs < 0 ? Math.round((-startMs * rateHz) / 1000) : 0;
  if ((fitted[0]?.length ?? 0) <= early) return null;
  if (early === 0) return { kind: 'audio', startMs: Math.max(0, startMs), channels: fitted };
  return { kind: 'audio', startMs: 0, channels: fitted.map((samples) => samples.slice(early)) };
}

async function* readImages(
  track: InputVideoTrack | null,
  originS: number,
  warn: Warn,
  range: MediaRange | undefined,
): AsyncGenerator<RecordedImage> {
  if (track === null) return;
  const damage = new TrackDamage('video', warn);
  const onDamage = (timestampS: number, cause: unknown) =>
    damage.add((timestampS - originS) * 1000, (timestampS - originS) * 1000, cause);
  let lastS = Number.NEGATIVE_INFINITY;
  try {
    const startS = Math.max(await track.getFirstTimestamp(), (range?.startMs ?? 0) / 1000 + originS);
    const endS = Math.min(await track.computeDuration(), (range?.endMs ?? Number.POSITIVE_INFINITY) / 1000 + originS);
    for await (const { timestampS, image } of readPictures(track, timestamps(startS, endS), onDamage)) {
      if (timestampS <= lastS) continue;
      lastS = timestampS;
      yield { kind: 'image', startMs: Math.max(0, (lastS - originS) * 1000), image };
    }
  } catch (cause) {
    onDamage(Math.max(lastS, originS), cause);
  }
  damage.tell();
}

function* timestamps(startS: number, endS: number): Generator<number> {
  for (let index = 0; startS + index / IMAGES_PER_SECOND < endS; index++) yield startS + index / IMAGES_PER_SECOND;
}
