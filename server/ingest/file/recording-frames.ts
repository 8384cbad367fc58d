import type { Participant } from '../../../client-sdk/protocol/index.ts';
import { MAX_FRAME_TIME_MS, type MediaFrame } from '../../../pipeline/index.ts';
import { type AnalysisPlan, type PlacedCue, planOfSpeakers } from './placement/analysis-plan.ts';
import { LaneAudio } from './placement/lane-audio.ts';
import type { RecordedAudio, RecordedImage, Recording } from './recording.ts';
import type { TranscriptCue } from './transcript-cue.ts';

export interface RecordingFramesOptions {
  /** One per channel, in channel order. A single speaker gets all channels mixed. */
  readonly speakers: readonly Participant[];
  /** A cue that names none of them goes to the first. */
  readonly transcript?: readonly TranscriptCue[];
  /** How long after its last word a cue arrives, ms. Default 0. A live recogniser takes one to two seconds. */
  readonly transcriptDelayMs?: number;
}

/** How often an idle camera promises that no earlier picture follows, ms. */
const CAMERA_BOUND_MS = 200;

/** Yields a recording whose speakers are known, as {@link plannedFrames} does. */
export function recordingFrames(
  recording: Recording,
  { speakers, transcript = [], transcriptDelayMs = 0 }: RecordingFramesOptions,
): AsyncGenerator<MediaFrame> {
  return plannedFrames(recording, planOfSpeakers(recording.channelCount, speakers, transcript), transcriptDelayMs);
}

/**
 * Yields a recording as the pipeline takes it: first the tracks, then all media in time order. Words come once they
 * have been spoken. The picture belongs to the first lane. Its track opens with the first picture, as when a camera is
 * switched on.
 */
export async function* plannedFrames(
  recording: Recording,
  { lanes, cues }: AnalysisPlan,
  transcriptDelayMs = 0,
): AsyncGenerator<MediaFrame> {
  const sounds = lanes.flatMap(({ participant, sound }) =>
    sound.channels.length === 0 ? [] : [new LaneAudio(`${participant.id}/audio`, sound, recording.sampleRateHz)],
  );
  const audioTracks = sounds.map(({ trackId }) => trackId);
  const videoTrack = `${lanes[0]!.participant.id}/video`;
  const textTracks = cues.length > 0 ? lanes.map(({ participant }) => `${participant.id}/text`) : [];

  for (const { participant, sound } of lanes) {
    if (sound.channels.length > 0) yield opened(`${participant.id}/audio`, 'audio', participant);
    if (textTracks.length > 0) yield opened(`${participant.id}/text`, 'transcript', participant);
  }

  const promise = transcriptDelayMs === 0 ? laterWords(lanes.length, cues) : [];
  for (const [lane, trackId] of textTracks.entries()) if (promise.length > 0) yield bound(trackId, promise[0]![lane]!);
  let cue = 0;
  function* wordsUntil(untilMs: number): Generator<MediaFrame> {
    for (; cue < cues.length && cues[cue]!.endMs + transcriptDelayMs <= untilMs; cue++) {
      const { id: segmentId, lane, startMs, endMs, text, isHeard, words: timed } = cues[cue]!;
      const segment = { kind: 'transcript', trackId: textTracks[lane]!, segmentId, startMs, endMs, text } as const;
      // A guess opens an utterance where the voice is too quiet to open one.
      if (isHeard) yield { ...segment, final: false };
      yield { ...segment, final: true, ...(timed && { words: timed }) };
      const settledMs = promise[cue + 1]?.[lane];
      if (settledMs !== undefined) yield bound(textTracks[lane]!, settledMs);
    }
  }

  const isOver = { audio: false, image: false };
  let cameraOn = false;
  let cameraBoundMs = 0;
  for await (const block of inTimeOrder(recording.audio(), recording.images())) {
    if (block.kind === 'end') {
      isOver[block.of] = true;
      const tracks = block.of === 'audio' ? audioTracks : cameraOn ? [videoTrack] : [];
      for (const trackId of tracks) yield bound(trackId, Number.POSITIVE_INFINITY);
      continue;
    }
    yield* wordsUntil(block.startMs);
    if (block.kind === 'image') {
      if (!cameraOn) yield opened(videoTrack, 'video', lanes[0]!.participant, block.startMs);
      cameraOn = true;
      yield { kind: 'video', trackId: videoTrack, startMs: block.startMs, image: block.image };
      continue;
    }
    if (cameraOn && !isOver.image && block.startMs - cameraBoundMs >= CAMERA_BOUND_MS) {
      cameraBoundMs = block.startMs;
      yield bound(videoTrack, block.startMs);
    }
    for (const sound of sounds) {
      yield {
        kind: 'audio',
        trackId: sound.trackId,
        startMs: block.startMs,
        sampleRateHz: recording.sampleRateHz,
        samples: sound.of(block),
      };
    }
  }
  yield* wordsUntil(Number.POSITIVE_INFINITY);
  for (const trackId of textTracks) yield bound(trackId, Number.POSITIVE_INFINITY);
}

/** For each number of cues that were sent: when the first of the other cues of each lane begins, ms. */
function laterWords(laneCount: number, cues: readonly PlacedCue[]): number[][] {
  const later = [new Array<number>(laneCount).fill(MAX_FRAME_TIME_MS)];
  for (const { lane, startMs } of cues.toReversed()) {
    later.push(later.at(-1)!.with(lane, Math.min(later.at(-1)![lane]!, startMs)));
  }
  return later.reverse();
}

function bound(trackId: string, startMs: number): MediaFrame {
  return { kind: 'bound', trackId, startMs };
}

function opened(
  trackId: string,
  media: 'audio' | 'video' | 'transcript',
  participant: Participant,
  startMs = 0,
): MediaFrame {
  return { kind: 'track', trackId, startMs, media, participant };
}

interface SourceEnd {
  readonly kind: 'end';
  readonly of: 'audio' | 'image';
}

async function* inTimeOrder(
  audio: AsyncIterable<RecordedAudio>,
  images: AsyncIterable<RecordedImage>,
): AsyncGenerator<RecordedAudio | RecordedImage | SourceEnd> {
  const sources = [audio[Symbol.asyncIterator](), images[Symbol.asyncIterator]()] as const;
  try {
    const heads = await Promise.all(sources.map((source) => source.next()));
    for (;;) {
      let next = -1;
      for (const [index, head] of heads.entries()) {
        if (!head.done && (next < 0 || head.value.startMs < heads[next]!.value.startMs)) next = index;
      }
      if (next < 0) return;
      yield heads[next]!.value;
      heads[next] = await sources[next]!.next();
      if (heads[next]!.done) yield { kind: 'end', of: next === 0 ? 'audio' : 'image' };
    }
  } finally {
    await Promise.all(sources.map((source) => source.return?.()));
  }
}
