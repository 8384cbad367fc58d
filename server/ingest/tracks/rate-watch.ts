import type { SessionNotice } from '../../../client-sdk/protocol/index.ts';

/** Frames of which nearly all must disagree with the announced rate. */
const FRAMES = 50;
const MIN_DISAGREEING = 45;
/** Time between two frames above which there is a gap, in ms. */
const MAX_STEP_MS = 1000;
/** How much longer or shorter than announced a frame may last. */
const MAX_RATIO = 1.25;
const MIN_RATIO = 0.8;
/** Length of a window in which arriving sound is compared with the clock, in ms. */
const WINDOW_MS = 3000;
/** Fast windows in a row. A burst after a stalled network makes one. */
const MIN_FAST_WINDOWS = 2;
/** How far the sound must be ahead of the clock, in ms. */
const MIN_LEAD_MS = 1000;

/**
 * Watches whether a track's sound fits its announced rate, and the clock. Sound of another rate is pitched wrongly, and its
 * utterances are at wrong times.
 */
export class RateWatch {
  #lastStartMs = Number.NaN;
  #lastDurationMs = 0;
  #frames = 0;
  #long = 0;
  #short = 0;
  #stepSumMs = 0;
  #durationSumMs = 0;
  #reachedMs = Number.NEGATIVE_INFINITY;
  #beganMs = Number.NaN;
  #windowMs = 0;
  #heardMs = 0;
  #windowHeardMs = 0;
  #fastWindows = 0;

  /**
   * Takes the next sound of the track. Returns what is wrong with it, or null.
   *
   * @param startMs - media time, as the source tells it.
   * @param nowMs - any wall-clock time that only rises.
   */
  take(startMs: number, sampleRateHz: number, sampleCount: number, nowMs: number): SessionNotice | null {
    const durationMs = (1000 * sampleCount) / sampleRateHz;
    return (
      this.#compareSteps(startMs, durationMs, sampleRateHz) ??
      this.#comparePace(this.#newMs(startMs, durationMs), nowMs)
    );
  }

  #compareSteps(startMs: number, durationMs: number, sampleRateHz: number): SessionNotice | null {
    const stepMs = startMs - this.#lastStartMs;
    const lastMs = this.#lastDurationMs;
    this.#lastStartMs = startMs;
    this.#lastDurationMs = durationMs;
    if (!(stepMs > 0 && stepMs <= MAX_STEP_MS)) return null;
    this.#frames += 1;
    this.#stepSumMs += stepMs;
    this.#durationSumMs += lastMs;
    if (lastMs > MAX_RATIO * stepMs) this.#long += 1;
    else if (lastMs < MIN_RATIO * stepMs) this.#short += 1;
    if (this.#frames < FRAMES) return null;
    const disagreeing = Math.max(this.#long, this.#short);
    const [heardMs, toldMs] = [this.#durationSumMs, this.#stepSumMs];
    this.#frames = this.#long = this.#short = this.#stepSumMs = this.#durationSumMs = 0;
    if (disagreeing < MIN_DISAGREEING) return null;
    const fittingHz = Math.round((sampleRateHz * heardMs) / toldMs);
    return {
      code: 'wrong-rate',
      message: `The sound does not fit its announced rate: ${seconds(heardMs)} at ${sampleRateHz} Hz are sent as ${seconds(toldMs)}. ${fittingHz} samples per second would fit.`,
    };
  }

  /** How much of the sound is new. A source may send some of it twice. */
  #newMs(startMs: number, durationMs: number): number {
    const endMs = startMs + durationMs;
    const newMs = Math.max(0, Math.min(durationMs, endMs - this.#reachedMs));
    this.#reachedMs = Math.max(this.#reachedMs, endMs);
    return newMs;
  }

  #comparePace(durationMs: number, nowMs: number): SessionNotice | null {
    if (Number.isNaN(this.#beganMs)) this.#beganMs = this.#windowMs = nowMs;
    this.#heardMs += durationMs;
    this.#windowHeardMs += durationMs;
    const passedMs = nowMs - this.#windowMs;
    if (passedMs < WINDOW_MS) return null;
    const isFast = this.#windowHeardMs > MAX_RATIO * passedMs;
    this.#windowMs = nowMs;
    this.#windowHeardMs = 0;
    this.#fastWindows = isFast ? this.#fastWindows + 1 : 0;
    const elapsedMs = nowMs - this.#beganMs;
    if (this.#fastWindows < MIN_FAST_WINDOWS || this.#heardMs - elapsedMs < MIN_LEAD_MS) return null;
    return {
      code: 'fast-media',
      message: `The sound arrives faster than the clock: ${seconds(this.#heardMs)} in ${seconds(elapsedMs)}. Send live media at its pace, and announce its rate and channels.`,
    };
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
