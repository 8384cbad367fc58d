import type { UtteranceEndReason } from '../../client-sdk/protocol/index.ts';
import { VAD_FRAME_SAMPLES } from '../../models/index.ts';
import { msToSamples } from '../media/media-time.ts';
import { VoiceActivitySegmenter } from './voice-activity-segmenter.ts';
import { VoiceHistory } from './voice-history.ts';

export interface UtteranceBoundaryOptions {
  /** Longest utterance, ms. */
  readonly maxUtteranceMs: number;
  /** Silence that ends an utterance, ms. */
  readonly endSilenceMs: number;
  /** Least voice that begins one, ms. */
  readonly minSpeechMs: number;
  /** How far an utterance reaches in front of its first voiced frame, ms. */
  readonly preRollMs: number;
  /** How long an utterance of words alone waits behind the newest of them, ms. */
  readonly interimMs: number;
}

/** A decision, in samples of the 16 kHz grid. Each `closed` follows the `opened` of the same start. */
export type BoundaryEvent =
  | { readonly kind: 'opened'; readonly startSample: number }
  | {
      readonly kind: 'closed';
      readonly startSample: number;
      readonly endSample: number;
      readonly endedBy: UtteranceEndReason;
    };

interface FinalWords {
  readonly startSample: number;
  readonly endSample: number;
}

/** Voice that is seen behind the end of final words before it is decided whether the speaker goes on. */
const LOOK_AHEAD_FRAMES = 8;
/** Of these, the last ones, of which one must be voiced for the speaker to go on. */
const GOES_ON_FRAMES = 3;
/** Final words cut an utterance only behind this much of it, so that word-by-word finals leave it whole. */
const MIN_CUT_SAMPLES = msToSamples(1000);
const MAX_WAITING_FINALS = 32;
/** No utterance of words is shorter, 1 ms: an utterance's id tells the millisecond in which it starts. */
export const MIN_WORDS_SAMPLES = msToSamples(1);

/**
 * Decides where one participant's utterances begin and end, from voice activity, the ends of final transcript
 * segments and the maximum length. Pure. Probabilities are kept for the length of an utterance, so that a cut in the
 * past gives the same result as one that was known in time.
 */
export class UtteranceBoundaries {
  readonly #maxSamples: number;
  readonly #preRollSamples: number;
  readonly #endSilenceSamples: number;
  readonly #interimSamples: number;
  readonly #segmenter: VoiceActivitySegmenter;
  readonly #history: VoiceHistory;
  readonly #finals: FinalWords[] = [];
  #runStart = 0;
  /** Frame of the run that the segmenter sees next. */
  #cursor = 0;
  /** Frame of the run that is the segmenter's frame 0. */
  #segmenterStart = 0;
  #openStart: number | null = null;
  /** End of the interim words that alone hold the utterance open; null while it is one of voice. */
  #wordsEnd: number | null = null;
  /** No utterance starts before this. */
  #floor = Number.NEGATIVE_INFINITY;

  constructor(options: UtteranceBoundaryOptions) {
    const frames = (ms: number) => Math.ceil(msToSamples(ms) / VAD_FRAME_SAMPLES);
    this.#maxSamples = msToSamples(options.maxUtteranceMs);
    this.#preRollSamples = msToSamples(options.preRollMs);
    this.#endSilenceSamples = msToSamples(options.endSilenceMs);
    this.#interimSamples = msToSamples(options.interimMs);
    const endSilenceFrames = frames(options.endSilenceMs);
    this.#segmenter = new VoiceActivitySegmenter({ minSpeechFrames: frames(options.minSpeechMs), endSilenceFrames });
    this.#history = new VoiceHistory(frames(options.maxUtteranceMs) + endSilenceFrames + 4 * LOOK_AHEAD_FRAMES);
  }

  /** No utterance starts before this; −Infinity before the first. */
  get floorSample(): number {
    return this.#floor;
  }

  /** Where the audio that is followed now began. */
  get runStartSample(): number {
    return this.#runStart;
  }

  /** Whether an utterance is open. */
  get isOpen(): boolean {
    return this.#openStart !== null;
  }

  /** No utterance begins or ends before this any more: the start of the open one, or of one that may be beginning. */
  get undecidedFromSample(): number {
    const { isBeginning, voiceStart } = this.#segmenter;
    const voiceFrame = isBeginning ? this.#segmenterStart + voiceStart : this.#cursor;
    return this.#openStart ?? Math.max(this.#sampleOf(voiceFrame) - this.#preRollSamples, this.#floor);
  }

  /** Interim words of `[startSample, endSample)` open an utterance where nothing is open. Voice may join it. */
  openByWords(startSample: number, endSample: number): BoundaryEvent[] {
    this.#openStart = startSample;
    this.#wordsEnd = Math.max(endSample, startSample + MIN_WORDS_SAMPLES);
    return [{ kind: 'opened', startSample }];
  }

  /** More interim words hold an utterance of words open; they close it at the maximum length alone. */
  holdByWords(startSample: number, endSample: number): BoundaryEvent[] {
    const [open, wordsEnd] = [this.#openStart, this.#wordsEnd];
    if (open === null || wordsEnd === null || endSample <= open || startSample > wordsEnd) return [];
    this.#wordsEnd = Math.max(wordsEnd, endSample);
    const events: BoundaryEvent[] = [];
    if (this.#wordsEnd - open >= this.#maxSamples) this.#close(open + this.#maxSamples, 'max-length', events);
    return events;
  }

  /** Whether final words of this range belong to the utterance that words hold open. */
  isHeldBy(startSample: number, endSample: number): boolean {
    const [open, wordsEnd] = [this.#openStart, this.#wordsEnd];
    return open !== null && wordsEnd !== null && startSample < wordsEnd && endSample > open;
  }

  /** Closes the utterance that words hold open, where final words end. */
  closeWords(endSample: number): BoundaryEvent[] {
    const events: BoundaryEvent[] = [];
    this.#close(Math.max(endSample, this.#openStart! + MIN_WORDS_SAMPLES), 'transcript-final', events);
    return events;
  }

  /** Audio starts anew at `startSample`; nothing is open. */
  restart(startSample: number): void {
    this.#runStart = startSample;
    this.#history.clear();
    this.#rewind(0);
  }

  /** Takes the probability of speech of the run's next 512 samples. */
  push(probability: number): BoundaryEvent[] {
    const events: BoundaryEvent[] = [];
    const isBelowFloor = this.#sampleOf(this.#history.frameCount + 1) <= this.#floor;
    this.#history.push(isBelowFloor ? 0 : probability);
    this.#catchUp(events);
    return events;
  }

  /**
   * Final words of `[startSample, endSample)` landed. If the utterance that is open at their end goes on behind it, it
   * is cut there; if its voice pauses there, it ends with its voice. Words that end elsewhere decide nothing.
   */
  addFinal(startSample: number, endSample: number): BoundaryEvent[] {
    const events: BoundaryEvent[] = [];
    this.#finals.push({ startSample, endSample });
    this.#finals.sort((a, b) => a.endSample - b.endSample);
    if (this.#finals.length > MAX_WAITING_FINALS) {
      this.#finals.shift();
    }
    this.#decideFinals(events);
    this.#catchUp(events);
    return events;
  }

  /** Nothing more is heard, for now or for good: closes what is open, at `endSample` or where its voice ended before. */
  end(endSample: number, endedBy: UtteranceEndReason): BoundaryEvent[] {
    const events: BoundaryEvent[] = [];
    if (this.#wordsEnd !== null) {
      this.#close(this.#wordsEnd, endedBy, events);
    } else if (this.#openStart !== null) {
      const voiceEnd = this.#segmenter.voiced
        ? endSample
        : this.#sampleOf(this.#segmenterStart + this.#segmenter.voiceEnd);
      this.#close(Math.min(voiceEnd, endSample), endedBy, events);
    }
    this.#rewind(this.#history.frameCount);
    return events;
  }

  /** Forbids utterances to start before `sample`: voice before it counts as silence. */
  raiseFloor(sample: number): void {
    this.#floor = Math.max(this.#floor, sample);
  }

  #catchUp(events: BoundaryEvent[]): void {
    while (this.#cursor < this.#history.frameCount) {
      const frame = this.#cursor;
      this.#cursor += 1;
      this.#step(frame, events);
    }
  }

  #step(frame: number, events: BoundaryEvent[]): void {
    const change = this.#segmenter.push(this.#history.probabilityOf(frame));
    this.#history.mark(frame, this.#segmenter.voiced);
    if (change === 'start') {
      this.#beginVoice(this.#sampleOf(this.#segmenterStart + this.#segmenter.voiceStart), events);
    }
    if (change === 'end') {
      this.#close(this.#sampleOf(this.#segmenterStart + this.#segmenter.voiceEnd), 'silence', events);
    }
    this.#decideFinals(events);
    this.#expireWords(events);
    const open = this.#openStart;
    if (
      open !== null &&
      this.#wordsEnd === null &&
      this.#segmenter.voiced &&
      this.#sampleOf(this.#cursor) - open >= this.#maxSamples
    ) {
      this.#cut(open + this.#maxSamples, 'max-length', events);
    }
  }

  /** Speech begins. It joins the utterance that words have opened, unless their end lies a silence behind. */
  #beginVoice(voiceStart: number, events: BoundaryEvent[]): void {
    if (this.#wordsEnd !== null && voiceStart - this.#wordsEnd < this.#endSilenceSamples) {
      this.#wordsEnd = null;
      return;
    }
    if (this.#wordsEnd !== null) this.#close(this.#wordsEnd, 'silence', events);
    this.#openStart = Math.max(voiceStart - this.#preRollSamples, this.#runStart, this.#floor);
    events.push({ kind: 'opened', startSample: this.#openStart });
  }

  /** Ends what words hold open when no more of them came, or at the maximum length. */
  #expireWords(events: BoundaryEvent[]): void {
    const [open, wordsEnd, heard] = [this.#openStart, this.#wordsEnd, this.#sampleOf(this.#cursor)];
    if (open === null || wordsEnd === null) return;
    if (heard - open >= this.#maxSamples)
      this.#close(Math.min(wordsEnd, open + this.#maxSamples), 'max-length', events);
    else if (heard - wordsEnd >= this.#interimSamples) this.#close(wordsEnd, 'silence', events);
  }

  #decideFinals(events: BoundaryEvent[]): void {
    let due = this.#finals[0];
    while (due !== undefined && this.#sampleOf(this.#cursor) >= due.endSample + LOOK_AHEAD_FRAMES * VAD_FRAME_SAMPLES) {
      this.#finals.shift();
      this.#decideFinal(due, events);
      due = this.#finals[0];
    }
  }

  #decideFinal({ startSample, endSample }: FinalWords, events: BoundaryEvent[]): void {
    if (this.isHeldBy(startSample, endSample)) {
      events.push(...this.closeWords(endSample));
      return;
    }
    const open = this.#wordsEnd === null ? this.#openStart : null;
    const endFrame = this.#frameOf(endSample);
    const isKept = this.#history.isKept(endFrame);
    if (open === null || !isKept || startSample >= endSample || endSample - open < MIN_CUT_SAMPLES) {
      return;
    }
    const seen = endFrame + LOOK_AHEAD_FRAMES;
    const voiceEnd = this.#history.voiceEndBefore(seen);
    if (voiceEnd > seen - GOES_ON_FRAMES) {
      this.#cut(endSample, 'transcript-final', events);
      return;
    }
    const limit = open + this.#maxSamples;
    this.#close(Math.min(this.#voiceEndOr(endSample, voiceEnd), limit), 'transcript-final', events);
    this.#rewind(seen);
  }

  /** Closes at `sample`, or where the voice paused before it, and lets the segmenter find what follows. */
  #cut(sample: number, endedBy: UtteranceEndReason, events: BoundaryEvent[]): void {
    const frame = this.#frameOf(sample);
    const isVoiced = this.#history.isVoiced(frame);
    const end = isVoiced ? sample : Math.min(sample, this.#voiceEndOr(sample, this.#history.voiceEndBefore(frame)));
    this.#close(end, endedBy, events);
    this.#rewind(frame);
  }

  #close(endSample: number, endedBy: UtteranceEndReason, events: BoundaryEvent[]): void {
    const startSample = this.#openStart!;
    events.push({ kind: 'closed', startSample, endSample, endedBy });
    this.#openStart = null;
    this.#wordsEnd = null;
    this.raiseFloor(endSample);
  }

  #rewind(frame: number): void {
    this.#segmenter.reset();
    this.#segmenterStart = frame;
    this.#cursor = frame;
  }

  /** Where the voice ended, or `sample` where it had not begun: words opened the utterance before it. */
  #voiceEndOr(sample: number, voiceEndFrame: number): number {
    const voiceEnd = this.#sampleOf(voiceEndFrame);
    return voiceEnd > this.#openStart! ? voiceEnd : sample;
  }

  #sampleOf(frame: number): number {
    return this.#runStart + frame * VAD_FRAME_SAMPLES;
  }

  #frameOf(sample: number): number {
    return Math.floor((sample - this.#runStart) / VAD_FRAME_SAMPLES);
  }
}
