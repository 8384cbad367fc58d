import type { Participant } from '../../../client-sdk/protocol/index.ts';
import type { MediaFrame } from '../../../pipeline/index.ts';
import type { RecordedAudio, RecordedImage, Recording } from './recording.ts';
import type { TranscriptCue } from './transcript-cue.ts';

export interface RecordingFramesOptions {
  /** One per channel, in channel order. A single speaker gets all channels mixed. */
  readonly speakers: readonly Participant[];
  readonly transcript?: readonly TranscriptCue[];
  /** How long after its last word a cue arrives, ms. Default 0. A live recogniser takes one to two seconds. */
  readonly transcriptDelayMs?: number;
}

/** How often an idle camera promises that no earlier picture follows, ms. */
const CAMERA_BOUND_MS = 200;
/** Resolution of the loudness, ms. A cue without a speaker goes to the loudest channel. */
const ENERGY_STEP_MS = 100;

/**
 * Yields a recording as the pipeline takes it: first the tracks, then all media in time order. Words come once they
 * have been spoken. The picture belongs to the first speaker. Its track opens with the first picture, as when a camera
 * is switched on. A cue that names no known speaker goes to the loudest channel during the cue.
 */
export async function* recordingFrames(
  recording: Recording,
  options: RecordingFramesOptions,
): AsyncGenerator<MediaFrame> {
  const { speakers, transcript = [], transcriptDelayMs = 0 } = options;
  const audioTracks = recording.channelCount > 0 ? speakers.map((speaker) => `${speaker.id}/audio`) : [];
  const videoTrack = `${speakers[0]!.id}/video`;
  const textTracks = transcript.length > 0 ? speakers.map((speaker) => `${speaker.id}/text`) : [];

  for (const [index, participant] of speakers.entries()) {
    if (index < audioTracks.length) yield opened(audioTracks[index]!, 'audio', participant);
    if (index < textTracks.length) yield opened(textTracks[index]!, 'transcript', participant);
  }

  const loudness = new Loudness(speakers.length, recording.sampleRateHz);
  let cue = 0;
  function* wordsUntil(untilMs: number): Generator<MediaFrame> {
    for (; cue < transcript.length && transcript[cue]!.endMs + transcriptDelayMs <= untilMs; cue++) {
      const { startMs, endMs, text, speaker } = transcript[cue]!;
      const named = speakers.findIndex(
        (s) => speaker !== null && s.displayName?.toLowerCase() === speaker.toLowerCase(),
      );
      const trackId = textTracks[named >= 0 ? named : loudness.loudest(startMs, endMs)]!;
      yield { kind: 'transcript', trackId, segmentId: `cue-${cue}`, startMs, endMs, text, final: true };
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
      if (!cameraOn) yield opened(videoTrack, 'video', speakers[0]!, block.startMs);
      cameraOn = true;
      yield { kind: 'video', trackId: videoTrack, startMs: block.startMs, image: block.image };
      continue;
    }
    if (cameraOn && !isOver.image && block.startMs - cameraBoundMs >= CAMERA_BOUND_MS) {
      cameraBoundMs = block.startMs;
      yield bound(videoTrack, block.startMs);
    }
    const channels = audioTracks.length === 1 ? [mixed(block.channels)] : block.channels;
    for (const [index, samples] of channels.entries()) {
      loudness.add(index, block.startMs, samples);
      yield {
        kind: 'audio',
        trackId: audioTracks[index]!,
        startMs: block.startMs,
        sampleRateHz: recording.sampleRateHz,
        samples,
      };
    }
  }
  yield* wordsUntil(Number.POSITIVE_INFINITY);
  for (const trackId of textTracks) yield bound(trackId, Number.POSITIVE_INFINITY);
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

function mixed(channels: readonly Float32Array[]): Float32Array {
  if (channels.length === 1) return channels[0]!;
  const mono = new Float32Array(channels[0]!.length);
  for (const channel of channels) for (let i = 0; i < mono.length; i++) mono[i]! += channel[i]! / channels.length;
  return mono;
}

/** Energy of each channel over time. */
class Loudness {
  readonly #energy: number[][];
  readonly #sampleRateHz: number;

  constructor(channelCount: number, sampleRateHz: number) {
    this.#energy = Array.from({ length: channelCount }, () => []);
    this.#sampleRateHz = sampleRateHz;
  }

  add(channel: number, startMs: number, samples: Float32Array): void {
    const energy = this.#energy[channel]!;
    for (let i = 0; i < samples.length; i++) {
      const step = Math.floor((startMs + (i * 1000) / this.#sampleRateHz) / ENERGY_STEP_MS);
      energy[step] = (energy[step] ?? 0) + samples[i]! * samples[i]!;
    }
  }

  loudest(startMs: number, endMs: number): number {
    const totals = this.#energy.map((energy) => {
      let total = 0;
      for (let step = Math.floor(startMs / ENERGY_STEP_MS); step <= endMs / ENERGY_STEP_MS; step++)
        total += energy[step] ?? 0;
      return total;
    });
    return totals.indexOf(Math.max(...totals));
  }
}
