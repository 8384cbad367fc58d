import { registerMediabunnyServer } from '@mediabunny/server';
import {
  ALL_FORMATS,
  AudioSampleSink,
  FilePathSource,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
  type VideoSample,
  VideoSampleSink,
} from 'mediabunny';
import type { StillImage } from '../../../pipeline/index.ts';
import { RecordingError } from './recording-error.ts';

/** Pictures taken from a recording's video: what the face stage looks at, and no more. */
const IMAGES_PER_SECOND = 6;
/** Longer side of a picture, px; the face stage needs no more. */
const MAX_IMAGE_SIDE_PX = 640;
const MAX_CHANNELS = 8;

registerMediabunnyServer({ hardwareContext: null });

/** A stretch of a recording's audio: one array a channel, all of the same length. */
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

/** An opened recording: wav, flac, mp3, ogg, mp4, webm or whatever else mediabunny demuxes. */
export interface Recording {
  readonly durationMs: number;
  /** 0 when the recording has no sound. */
  readonly channelCount: number;
  readonly sampleRateHz: number;
  readonly hasVideo: boolean;
  /** Decoded audio, in time order, in blocks as long as the container's packets, the first and last across `range`'s ends. */
  audio(range?: MediaRange): AsyncIterable<RecordedAudio>;
  /** Decoded pictures in time order, at most {@link IMAGES_PER_SECOND} a second. */
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
    for (const track of [audioTrack, videoTrack]) {
      if (track !== null && !(await track.canDecode()))
        throw RecordingError.unsupported(path, `no decoder for its ${track.type} codec ${track.codec ?? ''}`);
    }
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
    for await (const sample of new VideoSampleSink(track).samplesAtTimestamps(timestamps(startS, endS))) {
      if (sample === null) continue;
      if (sample.timestamp > lastS) {
        lastS = sample.timestamp;
        yield { kind: 'image', startMs: Math.max(0, lastS * 1000), image: await toRgb(sample) };
      }
      sample.close();
    }
  } catch (cause) {
    throw RecordingError.unreadable(path, 'its video is damaged', cause);
  }
}

function* timestamps(startS: number, endS: number): Generator<number> {
  for (let index = 0; startS + index / IMAGES_PER_SECOND < endS; index++) yield startS + index / IMAGES_PER_SECOND;
}

/** mediabunny converts to any WebCodecs pixel format; its types leave the option out. */
const RGBX = { format: 'RGBX' } as VideoFrameCopyToOptions;

/** Upright (the container's rotation applied), square pixels, at most {@link MAX_IMAGE_SIDE_PX} a side. */
async function toRgb(sample: VideoSample): Promise<StillImage> {
  const scale = Math.min(1, MAX_IMAGE_SIDE_PX / Math.max(sample.displayWidth, sample.displayHeight));
  const upright = await sample.transform({
    width: Math.max(1, Math.round(sample.displayWidth * scale)),
    height: Math.max(1, Math.round(sample.displayHeight * scale)),
    fit: 'fill',
    alpha: 'discard',
  });
  const rgbx = new Uint8Array(upright.allocationSize(RGBX));
  await upright.copyTo(rgbx, RGBX);
  const { codedWidth: widthPx, codedHeight: heightPx } = upright;
  upright.close();
  const bytes = new Uint8Array(widthPx * heightPx * 3);
  for (let from = 0, to = 0; to < bytes.length; from += 4, to += 3) {
    bytes[to] = rgbx[from]!;
    bytes[to + 1] = rgbx[from + 1]!;
    bytes[to + 2] = rgbx[from + 2]!;
  }
  return { encoding: 'rgb24', widthPx, heightPx, bytes };
}
