import { AUDIO_FEATURE_COUNT, type Models } from '../../../models/index.ts';
import {
  createFaceStream,
  createResampler,
  createVoiceStream,
  type FaceResult,
  type ModalityCondition,
  type StillImage,
} from '../../../pipeline/index.ts';
import { type MediaRange, openRecording, type RecordedAudio, type Recording } from '../../ingest/file/recording.ts';
import { RecordingError } from '../../ingest/file/recording-error.ts';
import { decodeImage } from '../../ingest/pictures/decode-picture.ts';
import { uniqueFaces } from '../unique-faces.ts';
import type { Crop, ManifestRow } from './manifest.ts';

const FEATURE_RATE_HZ = 16_000;
/** Longer media is cut, because live utterances are never longer. */
const MAX_UTTERANCE_MS = 20_000;
const MAX_SAMPLES = (MAX_UTTERANCE_MS * FEATURE_RATE_HZ) / 1000;
/** How far pictures may run ahead of the face models, in ms of video. */
const AHEAD_MS = 1000;

/** The features of one utterance of a corpus. */
export interface MeasuredRow {
  /** Zeros when there is no sound at all. An inaudible voice keeps its features; `audioCondition` reports it. */
  readonly audio: Float32Array;
  readonly audioCondition: ModalityCondition;
  /** Aligned faces, gray 64 × 64, stored one after the other. */
  readonly faces: Uint8Array;
  readonly faceCondition: ModalityCondition;
}

/** The models that measure voice and face. */
export type MeasuringModels = Pick<Models, 'voice' | 'faces'>;

const ABSENT: ModalityCondition = { state: 'absent', quality: null };

/**
 * Measures a stretch of media with the stages that measure a live utterance. Voice activity is not used, because the
 * row states where the utterance starts and ends. Media beyond the longest utterance is ignored.
 *
 * @throws RecordingError when the media cannot be used.
 */
export async function measureRow(row: ManifestRow, models: MeasuringModels): Promise<MeasuredRow> {
  const recording = await openRecording(row.audio.path);
  try {
    const voice = await measureVoice(row, recording, models);
    const isSameFile = row.video.path === row.audio.path;
    const pictures = isSameFile ? recording : await openRecording(row.video.path);
    try {
      if (!pictures.hasVideo) return { ...voice, faces: new Uint8Array(0), faceCondition: ABSENT };
      const { faces, state, quality } = await measureFaces(row, pictures, models);
      return { ...voice, faces: uniqueFaces(faces), faceCondition: { state, quality } };
    } finally {
      if (!isSameFile) pictures.close();
    }
  } finally {
    recording.close();
  }
}

async function measureVoice(
  { audio: { path, range, channel } }: ManifestRow,
  recording: Recording,
  { voice: encoder }: MeasuringModels,
): Promise<Pick<MeasuredRow, 'audio' | 'audioCondition'>> {
  const silence = { audio: new Float32Array(AUDIO_FEATURE_COUNT), audioCondition: ABSENT };
  if (recording.channelCount === 0) return silence;
  if (channel !== null && channel >= recording.channelCount) {
    throw RecordingError.speakers(`${path} has ${recording.channelCount} channels, none with the number ${channel}`);
  }
  const resampler = createResampler(recording.sampleRateHz);
  const stream = createVoiceStream({ encoder, maxWaitingBlocks: MAX_UTTERANCE_MS / 1000 });
  let length = 0;
  const push = (samples: Float32Array): void => {
    const kept = samples.subarray(0, MAX_SAMPLES - length);
    stream.push(kept);
    length += kept.length;
  };
  for await (const block of recording.audio(range)) {
    push(resampler.push(within(block, range, recording.sampleRateHz, channel)));
    if (length === MAX_SAMPLES) break;
  }
  push(resampler.flush());
  if (length === 0) return silence;
  const { features, state, quality } = await stream.finish(length);
  return { audio: features, audioCondition: { state, quality } };
}

/** The samples of a block within the range: one channel, or all channels mixed. */
function within(block: RecordedAudio, range: MediaRange, rateHz: number, channel: number | null): Float32Array {
  const { channels, startMs } = block;
  const at = (ms: number) => Math.min(channels[0]!.length, Math.max(0, Math.round(((ms - startMs) * rateHz) / 1000)));
  const from = at(range.startMs);
  const to = at(range.endMs);
  if (channel !== null || channels.length === 1) return channels[channel ?? 0]!.subarray(from, to);
  const mono = new Float32Array(to - from);
  for (const samples of channels)
    for (let i = 0; i < mono.length; i++) mono[i]! += samples[from + i]! / channels.length;
  return mono;
}

async function measureFaces(
  { video }: ManifestRow,
  recording: Recording,
  { faces }: MeasuringModels,
): Promise<FaceResult> {
  const { startMs } = video.range;
  const endMs = Math.min(video.range.endMs, startMs + MAX_UTTERANCE_MS);
  let looked = (): void => {};
  const stream = createFaceStream({ faces, decodeImage, onLook: () => looked() });
  for await (const { startMs: atMs, image } of recording.images({ startMs, endMs })) {
    while (atMs - stream.pendingFromMs() > AHEAD_MS) {
      await new Promise<void>((resolve) => {
        looked = resolve;
      });
    }
    stream.push({ kind: 'video', trackId: 'video', startMs: atMs, image: cropped(image, video.crop) });
  }
  return stream.finish(endMs);
}

function cropped(image: StillImage, crop: Crop | null): StillImage {
  if (crop === null || image.encoding !== 'rgb24') return image;
  const left = Math.round(crop.x * image.widthPx);
  const top = Math.round(crop.y * image.heightPx);
  const widthPx = Math.max(1, Math.min(image.widthPx - left, Math.round(crop.width * image.widthPx)));
  const heightPx = Math.max(1, Math.min(image.heightPx - top, Math.round(crop.height * image.heightPx)));
  const bytes = new Uint8Array(widthPx * heightPx * 3);
  for (let row = 0; row < heightPx; row++) {
    const from = ((top + row) * image.widthPx + left) * 3;
    bytes.set(image.bytes.subarray(from, from + widthPx * 3), row * widthPx * 3);
  }
  return { encoding: 'rgb24', widthPx, heightPx, bytes };
}
