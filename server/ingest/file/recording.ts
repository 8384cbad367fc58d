import {
  ALL_FORMATS,
  AudioSampleSink,
  FilePathSource,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
  registerDecoder,
} from 'mediabunny';
import type { StillImage } from '../../../pipeline/index.ts';
import { readPictures, videoCodec } from './recorded-pictures.ts';
import { RecordedSoundDecoder } from './recorded-sound-decoder.ts';
import { RecordingError } from './recording-error.ts';

/** Pictures per second taken from a recording's video. The face stage needs no more. */
const IMAGES_PER_SECOND = 6;
const MAX_CHANNELS = 8;

registerDecoder(RecordedSoundDecoder);

/** A piece of a recording's audio: one array per channel, all of the same length. */
export interface RecordedAudio {
  readonly kind: 'audio';
  readonly startMs: number;
  readonly channels: readonly Float32Array[];
}

export interface RecordedImage {
  readonly kind: 'image';
  readonly startMs: number;
  readonly image: StillImage;
}

/** Half-open, ms since the recording's start; `endMs` may be infinite. */
export interface MediaRange {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * An opened recording: wav, flac, mp3, ogg, mp4, webm, or another container that mediabunny reads, with the same
 * codecs.
 */
export interface Recording {
  readonly durationMs: number;
  /** 0 if the recording has no sound. */
  readonly channelCount: number;
  readonly sampleRateHz: number;
  readonly hasVideo: boolean;
  /**
   * Decoded audio in time order, in blocks as long as the container's packets. The first and last block may reach
   * beyond `range`.
   */
  audio(range?: MediaRange): AsyncIterable<RecordedAudio>;
  /** Decoded pictures in time order, at most {@link IMAGES_PER_SECOND} per second. */
  images(range?: MediaRange): AsyncIterable<RecordedImage>;
  close(): void;
}

/**
 * Opens a recording for one pass over its first audio and first video track.
 *
 * @throws RecordingError `recording-unreadable` or `recording-unsupported`.
 */
export async function openRecording(path: string): Promise<Recording> {
  const input = new Input({ formats: ALL_FORMATS, source: new FilePathSource(path) });
  try {
    const [audioTrack, videoTrack] = await Promise.all([input.getPrimaryAudioTrack(), input.getPrimaryVideoTrack()]);
    if (audioTrack === null && videoTrack === null)
      throw RecordingError.unsupported(path, 'it has neither audio nor video');
    if (audioTrack !== null && !(await audioTrack.canDecode())) throw undecodable(path, audioTrack);
    if (videoTrack !== null && videoCodec(videoTrack) === null) throw undecodable(path, videoTrack);
    const channelCount = audioTrack?.numberOfChannels ?? 0;
    if (channelCount > MAX_CHANNELS)
      throw RecordingError.unsupported(path, `${channelCount} channels; at most ${MAX_CHANNELS}`);
    return {
      durationMs: (await input.computeDuration()) * 1000,
      channelCount,
      sampleRateHz: audioTrack?.sampleRate ?? 0,
      hasVideo: videoTrack !== null,
      audio: (range) => readAudio(path, audioTrack, range),
      images: (range) => readImages(path, videoTrack, range),
      close: () => input.dispose(),
    };
  } catch (cause) {
    input.dispose();
    throw cause instanceof RecordingError ? cause : RecordingError.unreadable(path, reason(cause), cause);
  }
}

function undecodable(path: string, track: InputAudioTrack | InputVideoTrack): RecordingError {
  return RecordingError.unsupported(
    path,
    `no decoder for its ${track.type} codec ${track.codec ?? ''}; convert it first: ffmpeg -i in.file -c:v libvpx -c:a libopus out.webm`,
  );
}

function reason(cause: unknown): string {
  const code = (cause as { code?: unknown }).code;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EISDIR') return 'it is a directory';
  return 'not a wav, flac, mp3, ogg, mp4 or webm file, or damaged';
}

async function* readAudio(
  path: string,
  track: InputAudioTrack | null,
  range: MediaRange | undefined,
): AsyncGenerator<RecordedAudio> {
  if (track === null) return;
  const [fromS, toS] = range === undefined ? [] : [range.startMs / 1000, range.endMs / 1000];
  try {
    for await (const sample of new AudioSampleSink(track).samples(fromS, toS)) {
      const channels = Array.from({ length: sample.numberOfChannels }, (_, planeIndex) => {
        const samples = new Float32Array(sample.numberOfFrames);
        sample.copyTo(samples, { planeIndex, format: 'f32-planar' });
        return samples;
      });
      const startMs = Math.max(0, sample.timestamp * 1000);
      sample.close();
      yield { kind: 'audio', startMs, channels };
    }
  } catch (cause) {
    throw RecordingError.unreadable(path, 'its audio is damaged', cause);
  }
}

async function* readImages(
  path: string,
  track: InputVideoTrack | null,
  range: MediaRange | undefined,
): AsyncGenerator<RecordedImage> {
  if (track === null) return;
  try {
    const startS = Math.max(await track.getFirstTimestamp(), (range?.startMs ?? 0) / 1000);
    const endS = Math.min(await track.computeDuration(), (range?.endMs ?? Number.POSITIVE_INFINITY) / 1000);
    let lastS = Number.NEGATIVE_INFINITY;
    for await (const { timestampS, image } of readPictures(track, timestamps(startS, endS))) {
      if (timestampS <= lastS) continue;
      lastS = timestampS;
      yield { kind: 'image', startMs: Math.max(0, lastS * 1000), image };
    }
  } catch (cause) {
    throw RecordingError.unreadable(path, 'its video is damaged', cause);
  }
}

function* timestamps(startS: number, endS: number): Generator<number> {
  for (let index = 0; startS + index / IMAGES_PER_SECOND < endS; index++) yield startS + index / IMAGES_PER_SECOND;
}
