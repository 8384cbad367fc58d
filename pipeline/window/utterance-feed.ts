import type { Participant } from '../../client-sdk/protocol/index.ts';
import type { VideoImage } from '../media/media-frame.ts';
import { SAMPLE_RATE_HZ, samplesToMs } from '../media/media-time.ts';
import type { Timeline } from './timeline.ts';
import type { UtteranceMedia, UtteranceOpened } from './utterance.ts';

/** What is known of an utterance while it is open. */
export interface OpenUtterance {
  readonly id: string;
  /** As it was known when the utterance began. */
  readonly participant: Participant;
  readonly startSample: number;
  /** Whether it is one of a participant whose audio is followed. */
  readonly hasAudio: boolean;
}

/** Hands the open utterance of one participant its media: what the timeline holds of it first, then what comes. */
export class UtteranceFeed {
  /** Counts from the next utterance on. */
  participant: Participant;
  readonly #timeline: Timeline;
  readonly #emit: (signal: UtteranceOpened | UtteranceMedia) => void;
  #open: OpenUtterance | null = null;
  /** End of the audio handed on, and the timeline's frame that holds it. */
  #audioSample = 0;
  #audioIndex = 0;

  constructor(participant: Participant, timeline: Timeline, emit: (signal: UtteranceOpened | UtteranceMedia) => void) {
    this.participant = participant;
    this.#timeline = timeline;
    this.#emit = emit;
  }

  get open(): OpenUtterance | null {
    return this.#open;
  }

  /** Opens an utterance of voice at `startSample`, or where the timeline begins, in or before the frame `lastIndex`. */
  openVoice(startSample: number, lastIndex: number): void {
    const timeline = this.#timeline;
    let index = Math.max(lastIndex, timeline.firstIndex);
    while (timeline.frame(index).startSample > startSample && index > timeline.firstIndex) {
      index -= 1;
    }
    this.#audioIndex = index;
    this.#audioSample = Math.max(startSample, timeline.frame(index).startSample);
    this.#start(this.#audioSample, Number.POSITIVE_INFINITY, true);
  }

  /** Opens an utterance that gets no audio, and the pictures before `endSample`: `Infinity` while it is not known. */
  openWords(startSample: number, endSample = Number.POSITIVE_INFINITY): void {
    this.#audioSample = endSample;
    this.#start(startSample, samplesToMs(endSample), false);
  }

  /** Hands on an image that has just come, if it belongs to what is open. */
  addImage(frame: VideoImage): void {
    if (this.#open !== null && frame.startMs >= samplesToMs(this.#open.startSample)) {
      this.#emit({ kind: 'media', utteranceId: this.#open.id, frame });
    }
  }

  /** Hands on audio up to `untilSample`, from frames before `endIndex`. */
  addAudio(trackId: string, untilSample: number, endIndex: number): void {
    const timeline = this.#timeline;
    while (this.#open !== null && this.#audioSample < untilSample && this.#audioIndex < endIndex) {
      const index = Math.max(this.#audioIndex, timeline.firstIndex);
      const { startSample, samples, length } = timeline.frame(index);
      const from = Math.max(this.#audioSample, startSample);
      const part = samples.subarray(from - startSample, Math.min(length, untilSample - startSample));
      if (part.length > 0) {
        const startMs = samplesToMs(from);
        const frame = { kind: 'audio', trackId, startMs, sampleRateHz: SAMPLE_RATE_HZ, samples: part } as const;
        this.#emit({ kind: 'media', utteranceId: this.#open.id, frame });
      }
      this.#audioSample = from + part.length;
      this.#audioIndex = this.#audioSample < startSample + length ? index : index + 1;
    }
  }

  /** Nothing more is handed on. Returns what was open. */
  close(): OpenUtterance {
    const open = this.#open!;
    this.#open = null;
    return open;
  }

  #start(startSample: number, imagesUntilMs: number, hasAudio: boolean): void {
    const startMs = samplesToMs(startSample);
    const { participant } = this;
    const utteranceId = `${participant.id}-${Math.round(startMs)}`;
    this.#open = { id: utteranceId, participant, startSample, hasAudio };
    this.#emit({ kind: 'opened', utteranceId, participant, startMs });
    for (const frame of this.#timeline.images) {
      if (frame.startMs >= startMs && frame.startMs < imagesUntilMs) {
        this.#emit({ kind: 'media', utteranceId, frame });
      }
    }
  }
}
