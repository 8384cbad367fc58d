/** Probabilities that show noise without a voice, and a voice. */
const NOISE_BELOW = 0.05;
const VOICE_ABOVE = 0.5;
/** Share of the way that a level goes to the level of each frame that shows it: half the way in 0.4 s. */
const FOLLOW = 0.05;
/** How far above the noise a quiet frame may be: 1 dB. */
const NOISE_MARGIN = 10 ** 0.1;
/** A frame this far below the line's voice is quiet, too: 30 dB. */
const BELOW_VOICE = 10 ** -3;
/** The noise must be this far below the line's voice: 10 dB. Nearer to it, a voice may hide in the noise. */
const CLEAR_OF_VOICE = 10 ** -1;

/**
 * Frames after which a score counts. A caller scores up to so many frames at once, so the decisions about a track depend
 * on its samples only, and not on how they are cut into calls.
 */
export const SCORE_DELAY_FRAMES = 8;
const KEPT_FRAMES = 2 * SCORE_DELAY_FRAMES;

/** Mean squares of the samples and of their differences. The second shows quiet fricatives. */
interface Level {
  power: number;
  slope: number;
}

/**
 * Tells the frames of one track that cannot hold a voice, so that no model need look at them: digital silence, and frames
 * no louder than the line's noise. The noise is what the model has heard no voice in. It rises only by such frames. Before
 * the line's voice is known, only digital silence is told.
 *
 * A frame is told only after eight other quiet frames (256 ms), the first of which showed no voice.
 */
export class QuietGate {
  readonly #levels: Level[] = Array.from({ length: KEPT_FRAMES }, () => ({ power: 0, slope: 0 }));
  readonly #isSkipped: boolean[] = new Array(KEPT_FRAMES).fill(false);
  readonly #scores = new Float32Array(KEPT_FRAMES);
  readonly #noise: Level = { power: 0, slope: 0 };
  readonly #voice: Level = { power: 0, slope: 0 };
  #decidedCount = 0;
  #scoredCount = 0;
  #quietCount = 0;

  /**
   * Whether the track's next frame cannot hold a voice. Every frame up to {@link SCORE_DELAY_FRAMES} before it must have
   * been scored.
   *
   * @param view - the frame, with samples before it
   * @param length - samples of the frame itself
   */
  skips(view: Float32Array, length: number): boolean {
    const index = this.#decidedCount;
    const level = this.#levels[index % KEPT_FRAMES]!;
    measure(view, view.length - length, level);
    const heard = index - SCORE_DELAY_FRAMES;
    if (heard >= 0) this.#learn(heard);
    this.#quietCount = this.#isQuiet(level) ? this.#quietCount + 1 : 0;
    const isAfterSilence =
      heard < 0
        ? this.#quietCount > index
        : this.#quietCount > SCORE_DELAY_FRAMES && this.#scores[heard % KEPT_FRAMES]! < NOISE_BELOW;
    this.#isSkipped[index % KEPT_FRAMES] = isAfterSilence;
    this.#decidedCount += 1;
    return isAfterSilence;
  }

  /** Takes the score of the oldest frame without one: 0 if it was skipped, NaN if it is not known. */
  scored(probability: number): void {
    this.#scores[this.#scoredCount % KEPT_FRAMES] = probability;
    this.#scoredCount += 1;
  }

  #learn(index: number): void {
    const level = this.#levels[index % KEPT_FRAMES]!;
    const score = this.#scores[index % KEPT_FRAMES]!;
    if (level.power === 0) return;
    if (this.#isSkipped[index % KEPT_FRAMES] === true) fall(this.#noise, level);
    else if (score > VOICE_ABOVE) follow(this.#voice, level);
    else if (score < NOISE_BELOW) follow(this.#noise, level);
  }

  #isQuiet({ power, slope }: Level): boolean {
    if (power === 0) return true;
    const [noise, voice] = [this.#noise, this.#voice];
    return (
      noise.power <= CLEAR_OF_VOICE * voice.power &&
      power <= NOISE_MARGIN * noise.power + BELOW_VOICE * voice.power &&
      slope <= NOISE_MARGIN * noise.slope + BELOW_VOICE * voice.slope
    );
  }
}

function measure(view: Float32Array, start: number, level: Level): void {
  let power = 0;
  let slope = 0;
  let before = view[start - 1] ?? 0;
  for (let i = start; i < view.length; i += 1) {
    const sample = view[i]!;
    power += sample * sample;
    slope += (sample - before) * (sample - before);
    before = sample;
  }
  level.power = power / (view.length - start);
  level.slope = slope / (view.length - start);
}

function follow(known: Level, heard: Level): void {
  const share = known.power === 0 ? 1 : FOLLOW;
  known.power += share * (heard.power - known.power);
  known.slope += share * (heard.slope - known.slope);
}

function fall(known: Level, heard: Level): void {
  known.power += FOLLOW * Math.min(0, heard.power - known.power);
  known.slope += FOLLOW * Math.min(0, heard.slope - known.slope);
}
