import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { MediaFrame } from '../../../../../pipeline/index.ts';
import { openRecording } from '../../../../ingest/file/recording.ts';
import { recordingFrames } from '../../../../ingest/file/recording-frames.ts';
import { parseSpeakers } from '../../../../ingest/file/speakers.ts';
import { parseTranscript } from '../../../../ingest/file/transcript/parse-transcript.ts';

const PICTURE_INTERVAL_MS = 1000 / 6;
const RECOGNITION_DELAY_MS = 1500;

/** The frames of the bundled sample call, decoded. */
export interface SampleFrames {
  readonly voicesAndWords: readonly MediaFrame[];
  /** The same frames, with six pictures per second from both speakers. */
  readonly withCameras: readonly MediaFrame[];
}

/** Reads and decodes the sample call once, so that decoding is not measured later. */
export async function readSampleFrames(): Promise<SampleFrames> {
  const path = (name: string) => fileURLToPath(new URL(`../../../../sample-call/${name}`, import.meta.url));
  const transcript = parseTranscript(await readFile(path('sample-call.vtt'), 'utf8'), { path: 'sample-call.vtt' });
  const speakers = parseSpeakers('Customer,Agent');
  const recording = await openRecording(path('sample-call.webm'));
  try {
    const voicesAndWords: MediaFrame[] = [];
    const pictures: MediaFrame[] = [];
    for await (const frame of recordingFrames(recording, {
      speakers,
      transcript,
      transcriptDelayMs: RECOGNITION_DELAY_MS,
    })) {
      if (frame.kind === 'video') pictures.push(frame);
      else if (!frame.trackId.endsWith('/video')) voicesAndWords.push(frame);
    }
    const cameras = speakers.map((participant) => ({ trackId: `${participant.id}/video`, participant }));
    return { voicesAndWords, withCameras: addCameras(voicesAndWords, pictures, cameras) };
  } finally {
    recording.close();
  }
}

type Camera = Pick<Extract<MediaFrame, { kind: 'track' }>, 'trackId' | 'participant'>;

/** Repeats the pictures from the beginning of the call to its end. */
function addCameras(
  frames: readonly MediaFrame[],
  pictures: readonly MediaFrame[],
  cameras: readonly Camera[],
): MediaFrame[] {
  const images = pictures.flatMap((frame) => (frame.kind === 'video' ? [frame.image] : []));
  const result: MediaFrame[] = cameras.map((camera) => ({ kind: 'track', startMs: 0, media: 'video', ...camera }));
  let shown = 0;
  for (const frame of frames) {
    while (frame.kind === 'audio' && frame.startMs >= shown * PICTURE_INTERVAL_MS) {
      const image = images[shown % images.length]!;
      const startMs = shown * PICTURE_INTERVAL_MS;
      for (const { trackId } of cameras) result.push({ kind: 'video', trackId, startMs, image });
      shown += 1;
    }
    result.push(frame);
  }
  for (const { trackId } of cameras) {
    result.push({ kind: 'bound', trackId, startMs: Number.POSITIVE_INFINITY });
  }
  return result;
}
