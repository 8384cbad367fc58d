import { VAD_FRAME_SAMPLES } from '../../models/index.ts';

/** A silent track becomes voiced at the first probability, and silent again below the second. Silero's own values. */
const VOICED_FROM = 0.5;
const VOICED_UNTIL = 0.35;

/** A sound followed by this many silent frames (160 ms) before it counts as speech was a click or a breath. */
const FALSE_START_FRAMES = 5;

/**
 * Finds the stretches of speech in a run of voice-activity frames, which count from 0. The newest probabilities are
 * kept, so that the search can go back and start again from an earlier frame. Plain data.
 */
export interface Speech {
  /** Voiced frames after which speech counts as begun. */
  readonly minSpeechFrames: number;
  /** Silent frames after which speech counts as ended. */
  readonly endSilenceFrames: number;
  /** Rings over the newest frames. */
  readonly probabilities: Float32Array;
  readonly voiced: Uint8Array;
  /** First sample of the run on the 16 kHz grid. */
  runStartSample: number;
  /** Frames of the run whose probability is known. */
  frameCount: number;
  /** The frame that is looked at next. */
  cursor: number;
  phase: 'silent' | 'beginning' | 'speaking';
  /** Whether the newest frame that was looked at is voiced. */
  isVoiced: boolean;
  voicedCount: number;
  /** First voiced frame of the newest stretch, and the frame after its last voiced one. */
  voiceStart: number;
  voiceEnd: number;
}

/** `keptFrames`: how far back the search can go. */
export function createSpeech(minSpeechFrames: number, endSilenceFrames: number, keptFrames: number): Speech {
  return {
    minSpeechFrames,
    endSilenceFrames,
    probabilities: new Float32Array(keptFrames),
    voiced: new Uint8Array(keptFrames),
    runStartSample: 0,
    frameCount: 0,
    cursor: 0,
    phase: 'silent',
    isVoiced: false,
    voicedCount: 0,
    voiceStart: 0,
    voiceEnd: 0,
  };
}

/** Starts a new run. */
export function startRun(speech: Speech, startSample: number): void {
  speech.runStartSample = startSample;
  speech.frameCount = 0;
  searchFrom(speech, 0);
}

/** Adds the probability of speech of the run's next frame, 0…1. */
export function addProbability(speech: Speech, probability: number): void {
  speech.probabilities[speech.frameCount % speech.probabilities.length] = probability;
  speech.frameCount += 1;
}

/** Searches again from `frame` on, as if it were silent before. */
export function searchFrom(speech: Speech, frame: number): void {
  speech.cursor = frame;
  speech.phase = 'silent';
  speech.isVoiced = false;
  speech.voiceStart = frame;
  speech.voiceEnd = frame;
}

/**
 * Looks at the frame at the cursor. `start`: speech has lasted long enough to count, and began at `voiceStart`; `end`:
 * it has been silent long enough, and ended at `voiceEnd`.
 */
export function lookAtNext(speech: Speech): 'start' | 'end' | null {
  const frame = speech.cursor;
  const slot = frame % speech.probabilities.length;
  speech.cursor += 1;
  speech.isVoiced = speech.probabilities[slot]! >= (speech.isVoiced ? VOICED_UNTIL : VOICED_FROM);
  speech.voiced[slot] = speech.isVoiced ? 1 : 0;
  if (speech.isVoiced) return addVoice(speech, frame);
  const silentFrames = speech.cursor - speech.voiceEnd;
  if (speech.phase === 'beginning' && silentFrames >= FALSE_START_FRAMES) {
    speech.phase = 'silent';
  } else if (speech.phase === 'speaking' && silentFrames >= speech.endSilenceFrames) {
    speech.phase = 'silent';
    return 'end';
  }
  return null;
}

function addVoice(speech: Speech, frame: number): 'start' | null {
  if (speech.phase === 'silent') {
    speech.phase = 'beginning';
    speech.voiceStart = frame;
    speech.voicedCount = 0;
  }
  speech.voicedCount += 1;
  speech.voiceEnd = frame + 1;
  if (speech.phase === 'beginning' && speech.voicedCount >= speech.minSpeechFrames) {
    speech.phase = 'speaking';
    return 'start';
  }
  return null;
}

export function isVoicedAt({ voiced }: Speech, frame: number): boolean {
  return voiced[frame % voiced.length] === 1;
}

/** Whether the probability of a frame is still kept. */
export function isFrameKept({ frameCount, probabilities }: Speech, frame: number): boolean {
  return frame >= 0 && frameCount - frame < probabilities.length;
}

/** The frame after the last voiced one before `frame`. */
export function voiceEndBefore(speech: Speech, frame: number): number {
  const oldest = Math.max(0, speech.frameCount - speech.probabilities.length);
  let end = frame;
  while (end > oldest && !isVoicedAt(speech, end - 1)) end -= 1;
  return end;
}

/** First sample of a frame. */
export function sampleOf({ runStartSample }: Speech, frame: number): number {
  return runStartSample + frame * VAD_FRAME_SAMPLES;
}

/** The frame that holds a sample; negative before the run. */
export function frameOf({ runStartSample }: Speech, sample: number): number {
  return Math.floor((sample - runStartSample) / VAD_FRAME_SAMPLES);
}
