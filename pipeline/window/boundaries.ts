import type { UtteranceEndReason } from '../../client-sdk/protocol/index.ts';
import { VAD_FRAME_SAMPLES } from '../../models/index.ts';
import { msToSamples } from '../media/media-time.ts';
import {
  addProbability,
  createSpeech,
  frameOf,
  isFrameKept,
  isVoicedAt,
  lookAtNext,
  type Speech,
  sampleOf,
  searchFrom,
  startRun,
  voiceEndBefore,
} from './speech.ts';

export interface BoundaryOptions {
  /** Longest utterance, ms. */
  readonly maxUtteranceMs: number;
  /** Silence that ends an utterance, ms. */
  readonly endSilenceMs: number;
  /** Least voice that begins one, ms. */
  readonly minSpeechMs: number;
  /** How much earlier than its first voiced frame an utterance starts, ms. */
  readonly preRollMs: number;
  /** How long an utterance that has only words waits after its newest word, ms. */
  readonly interimMs: number;
}

/** Where an utterance begins or ends. Each `closed` follows the `opened` of the same start. */
export type Boundary =
  | { readonly kind: 'opened'; readonly startSample: number; readonly openedBy: 'voice' | 'words' }
  | {
      readonly kind: 'closed';
      readonly startSample: number;
      readonly endSample: number;
      readonly endedBy: UtteranceEndReason;
    };

export interface SampleRange {
  readonly startSample: number;
  readonly endSample: number;
}

/** What decides where one participant's utterances begin and end. Plain data; samples count on the 16 kHz grid. */
export interface Boundaries {
  readonly options: BoundaryOptions;
  readonly speech: Speech;
  /** Start of the utterance that is open. */
  openSample: number | null;
  /** End of the interim words that alone hold it open; null while it is one of voice. */
  wordsEndSample: number | null;
  /** No utterance starts before this. */
  floorSample: number;
  /** Final words whose end the voice has not passed yet, by end. */
  readonly finals: SampleRange[];
  /** Decided boundaries that are not yet told. */
  readonly decided: Boundary[];
}

/** How much audio after the end of final words is needed to decide whether the speaker goes on. */
const LOOK_AHEAD_FRAMES = 8;
/** The speaker goes on if one of the last so many of these frames is voiced. */
const GOES_ON_FRAMES = 3;
/** Final words cut an utterance only if it is this long by then, so that a recogniser's single words do not split it. */
const MIN_CUT_SAMPLES = msToSamples(1000);
const MAX_WAITING_FINALS = 32;
/** Shortest utterance that has only words: 1 ms, because an utterance's id contains its start in ms. */
export const MIN_WORDS_SAMPLES = msToSamples(1);

export function createBoundaries(options: BoundaryOptions): Boundaries {
  const frames = (ms: number) => Math.ceil(msToSamples(ms) / VAD_FRAME_SAMPLES);
  const endSilenceFrames = frames(options.endSilenceMs);
  const keptFrames = frames(options.maxUtteranceMs) + endSilenceFrames + 4 * LOOK_AHEAD_FRAMES;
  return {
    options,
    speech: createSpeech(frames(options.minSpeechMs), endSilenceFrames, keptFrames),
    openSample: null,
    wordsEndSample: null,
    floorSample: Number.NEGATIVE_INFINITY,
    finals: [],
    decided: [],
  };
}

/** A new run of audio starts at `startSample`. An open utterance is closed at `endSample` or earlier. */
export function startAnew(at: Boundaries, endSample: number, startSample: number): void {
  closeOpen(at, endSample, 'silence');
  startRun(at.speech, startSample);
}

/** Takes the probability of speech of the run's next frame, 0…1. */
export function addFrame(at: Boundaries, probability: number): void {
  const { speech, floorSample } = at;
  const isBelowFloor = sampleOf(speech, speech.frameCount + 1) <= floorSample;
  addProbability(speech, isBelowFloor ? 0 : probability);
  search(at);
}

function search(at: Boundaries): void {
  const { speech } = at;
  while (speech.cursor < speech.frameCount) {
    const change = lookAtNext(speech);
    if (change === 'start') beginVoice(at, sampleOf(speech, speech.voiceStart));
    if (change === 'end') close(at, sampleOf(speech, speech.voiceEnd), 'silence');
    decideFinals(at);
    expireWords(at);
    const maxSample = (at.openSample ?? Number.POSITIVE_INFINITY) + msToSamples(at.options.maxUtteranceMs);
    const isTooLong = at.wordsEndSample === null && sampleOf(speech, speech.cursor) >= maxSample;
    if (isTooLong && speech.isVoiced) cut(at, maxSample, 'max-length');
  }
}

/** Speech begins. It joins the utterance that words have opened, unless those words ended a silence ago. */
function beginVoice(at: Boundaries, voiceStartSample: number): void {
  const { wordsEndSample, speech, options } = at;
  if (wordsEndSample !== null && voiceStartSample - wordsEndSample < msToSamples(options.endSilenceMs)) {
    at.wordsEndSample = null;
    return;
  }
  if (wordsEndSample !== null) close(at, wordsEndSample, 'silence');
  const preRollSample = voiceStartSample - msToSamples(options.preRollMs);
  open(at, Math.max(preRollSample, speech.runStartSample, at.floorSample), 'voice');
}

/** Closes an utterance that only words hold open when no more words came, or at the maximum length. */
function expireWords(at: Boundaries): void {
  const { openSample, wordsEndSample, options } = at;
  if (openSample === null || wordsEndSample === null) return;
  const heardSample = sampleOf(at.speech, at.speech.cursor);
  const maxSample = openSample + msToSamples(options.maxUtteranceMs);
  if (heardSample >= maxSample) close(at, Math.min(wordsEndSample, maxSample), 'max-length');
  else if (heardSample - wordsEndSample >= msToSamples(options.interimMs)) close(at, wordsEndSample, 'silence');
}

/**
 * Final words arrived. If speech continues past their end, the open utterance is cut there. If the speaker pauses there,
 * the utterance ends with the voice. Words that end outside an open utterance decide nothing.
 */
export function addFinal(at: Boundaries, range: SampleRange): void {
  at.finals.push(range);
  at.finals.sort((a, b) => a.endSample - b.endSample);
  if (at.finals.length > MAX_WAITING_FINALS) at.finals.shift();
  decideFinals(at);
  search(at);
}

function decideFinals(at: Boundaries): void {
  const { finals, speech } = at;
  const isDue = ({ endSample }: SampleRange) =>
    sampleOf(speech, speech.cursor) >= endSample + LOOK_AHEAD_FRAMES * VAD_FRAME_SAMPLES;
  while (finals.length > 0 && isDue(finals[0]!)) decideFinal(at, finals.shift()!);
}

function decideFinal(at: Boundaries, range: SampleRange): void {
  if (isHeldByWords(at, range)) {
    closeWords(at, range.endSample);
    return;
  }
  const { speech, openSample } = at;
  const { startSample, endSample } = range;
  const endFrame = frameOf(speech, endSample);
  const isOfVoice = openSample !== null && at.wordsEndSample === null && isFrameKept(speech, endFrame);
  if (!isOfVoice || startSample >= endSample || endSample - openSample < MIN_CUT_SAMPLES) return;
  const seenFrame = endFrame + LOOK_AHEAD_FRAMES;
  const voiceEndFrame = voiceEndBefore(speech, seenFrame);
  if (voiceEndFrame > seenFrame - GOES_ON_FRAMES) {
    cut(at, endSample, 'transcript-final');
    return;
  }
  const maxSample = openSample + msToSamples(at.options.maxUtteranceMs);
  close(at, Math.min(voiceEndOr(at, endSample, voiceEndFrame), maxSample), 'transcript-final');
  searchFrom(speech, seenFrame);
}

/** Closes at `sample`, or where the voice paused before it, and searches on from there. */
function cut(at: Boundaries, sample: number, endedBy: UtteranceEndReason): void {
  const { speech } = at;
  const frame = frameOf(speech, sample);
  const voiceEnd = isVoicedAt(speech, frame) ? sample : voiceEndOr(at, sample, voiceEndBefore(speech, frame));
  close(at, Math.min(sample, voiceEnd), endedBy);
  searchFrom(speech, frame);
}

/** Where the voice ended, or `sample` where it had not begun: words opened the utterance before it. */
function voiceEndOr({ speech, openSample }: Boundaries, sample: number, voiceEndFrame: number): number {
  const voiceEnd = sampleOf(speech, voiceEndFrame);
  return voiceEnd > openSample! ? voiceEnd : sample;
}

/** No more audio comes, for now or for good. Closes the open utterance at `endSample`, or where its voice ended earlier. */
export function closeOpen(at: Boundaries, endSample: number, endedBy: UtteranceEndReason): void {
  const { speech, wordsEndSample } = at;
  if (wordsEndSample !== null) {
    close(at, wordsEndSample, endedBy);
  } else if (at.openSample !== null) {
    const voiceEnd = speech.isVoiced ? endSample : sampleOf(speech, speech.voiceEnd);
    close(at, Math.min(voiceEnd, endSample), endedBy);
  }
  searchFrom(speech, speech.frameCount);
}

function open(at: Boundaries, startSample: number, openedBy: 'voice' | 'words'): void {
  at.openSample = startSample;
  at.decided.push({ kind: 'opened', startSample, openedBy });
}

function close(at: Boundaries, endSample: number, endedBy: UtteranceEndReason): void {
  at.decided.push({ kind: 'closed', startSample: at.openSample!, endSample, endedBy });
  at.openSample = null;
  at.wordsEndSample = null;
  at.floorSample = Math.max(at.floorSample, endSample);
}

/** Everything before this is decided. It is the start of the open utterance, or of one that may be beginning. */
export function undecidedFromSample({ speech, openSample, floorSample, options }: Boundaries): number {
  const voiceFrame = speech.phase === 'beginning' ? speech.voiceStart : speech.cursor;
  return openSample ?? Math.max(sampleOf(speech, voiceFrame) - msToSamples(options.preRollMs), floorSample);
}

/** Interim words open an utterance. Voice may join it later. */
export function openByWords(at: Boundaries, { startSample, endSample }: SampleRange): void {
  open(at, startSample, 'words');
  at.wordsEndSample = Math.max(endSample, startSample + MIN_WORDS_SAMPLES);
}

/** More interim words keep an utterance of words open. They close it only at the maximum length. */
export function holdByWords(at: Boundaries, { startSample, endSample }: SampleRange): void {
  const { openSample, wordsEndSample } = at;
  if (openSample === null || wordsEndSample === null || endSample <= openSample || startSample > wordsEndSample) return;
  at.wordsEndSample = Math.max(wordsEndSample, endSample);
  const maxSample = openSample + msToSamples(at.options.maxUtteranceMs);
  if (at.wordsEndSample >= maxSample) close(at, maxSample, 'max-length');
}

/** Whether final words of this range belong to the utterance that only words hold open. */
export function isHeldByWords({ openSample, wordsEndSample }: Boundaries, range: SampleRange): boolean {
  if (openSample === null || wordsEndSample === null) return false;
  return range.startSample < wordsEndSample && range.endSample > openSample;
}

/** Closes the utterance that only words hold open where the final words end. */
export function closeWords(at: Boundaries, endSample: number): void {
  close(at, Math.max(endSample, at.openSample! + MIN_WORDS_SAMPLES), 'transcript-final');
}
