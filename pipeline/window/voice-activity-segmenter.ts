/** Probability from which a silent track counts as voiced, and below which a voiced one counts as silent (Silero's own). */
const VOICED_FROM = 0.5;
const VOICED_UNTIL = 0.35;

/** A beginning that stays silent for this many frames (160 ms) before it is long enough was a click or a breath. */
const FALSE_START_FRAMES = 5;

export interface VoiceActivitySegmenterOptions {
  /** Voiced frames after which speech counts as begun. */
  readonly minSpeechFrames: number;
  /** Silent frames after which speech counts as ended. */
  readonly endSilenceFrames: number;
}

/** Finds the stretches of speech in a track's voice probabilities, one frame at a time. Pure; frames count from 0. */
export class VoiceActivitySegmenter {
  readonly #options: VoiceActivitySegmenterOptions;
  #frame = 0;
  #state: 'silent' | 'beginning' | 'speaking' = 'silent';
  #voiced = false;
  #voicedCount = 0;
  #voiceStart = 0;
  #voiceEnd = 0;

  constructor(options: VoiceActivitySegmenterOptions) {
    this.#options = options;
  }

  /** Whether the newest frame is voiced. */
  get voiced(): boolean {
    return this.#voiced;
  }

  /** Whether voice was heard that is not yet long enough to be speech. */
  get isBeginning(): boolean {
    return this.#state === 'beginning';
  }

  /** First voiced frame of the newest stretch. */
  get voiceStart(): number {
    return this.#voiceStart;
  }

  /** Frame behind the last voiced one of the newest stretch. */
  get voiceEnd(): number {
    return this.#voiceEnd;
  }

  /**
   * Takes the next frame's probability of speech, 0…1. `start`: speech has lasted long enough to count, and began at
   * {@link voiceStart}; `end`: it has been silent long enough, and ended at {@link voiceEnd}.
   */
  push(probability: number): 'start' | 'end' | null {
    this.#voiced = probability >= (this.#voiced ? VOICED_UNTIL : VOICED_FROM);
    const at = this.#frame;
    this.#frame += 1;
    if (this.#voiced) {
      return this.#voice(at);
    }
    const silentFrames = this.#frame - this.#voiceEnd;
    if (this.#state === 'beginning' && silentFrames >= FALSE_START_FRAMES) {
      this.#state = 'silent';
    } else if (this.#state === 'speaking' && silentFrames >= this.#options.endSilenceFrames) {
      this.#state = 'silent';
      return 'end';
    }
    return null;
  }

  /** Starts over in silence, at frame 0. */
  reset(): void {
    this.#frame = 0;
    this.#state = 'silent';
    this.#voiced = false;
    this.#voiceStart = 0;
    this.#voiceEnd = 0;
  }

  #voice(at: number): 'start' | null {
    if (this.#state === 'silent') {
      this.#state = 'beginning';
      this.#voiceStart = at;
      this.#voicedCount = 0;
    }
    this.#voicedCount += 1;
    this.#voiceEnd = this.#frame;
    if (this.#state === 'beginning' && this.#voicedCount >= this.#options.minSpeechFrames) {
      this.#state = 'speaking';
      return 'start';
    }
    return null;
  }
}
