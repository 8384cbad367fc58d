import { STEP_MS, type StepRange, VoiceCounter } from './voice-activity.ts';

/** When one label's cues are spoken, and the channel that they should be heard in; null: any. */
export interface LabelledCues {
  readonly cues: readonly StepRange[];
  readonly channel: number | null;
}

/** How far a transcript's clock is searched in each direction, ms. */
const SEARCH_MS = 30_000;
/** Differences up to this are usual, ms. */
const TOLERATED_MS = 500;
const HOUR_MS = 3_600_000;
/** A fit is the correlation of cues and voice, −1…1. An offset needs this much, and this much more than its rivals. */
const LEAST_FIT = 0.35;
const LEAST_GAIN = 0.15;
const RIVAL_SHARE = 0.85;
/** Cues that fit at least this share as well where they are stay there. */
const STAYS_SHARE = 0.65;
/** A fit with a channel that the label is not for counts this much. */
const OTHER_CHANNEL_SHARE = 0.7;
const LEAST_VOICED_STEPS = 15;
/** Most lags per cue, so that a transcript of a day is searched in a second. */
const MAX_LOOKUPS = 20_000_000;

/**
 * Estimates by how much all cues must be moved so that they fit the voices, in ms; 0 if they fit, or if it is not
 * certain. It searches ±30 s, and around a whole hour, or anywhere in the recording, where cues lie beyond its end.
 *
 * @param voices - 1 per voiced step, per channel.
 */
export function estimateOffset(labels: readonly LabelledCues[], voices: readonly Uint8Array[]): number {
  const counters = voices.map((voiced) => new VoiceCounter(voiced));
  const steps = Math.max(0, ...counters.map((counter) => counter.steps));
  const cues = labels.flatMap((label) => label.cues);
  if (cues.length === 0 || steps === 0) return 0;
  const fitAt = (lag: number) => fitOf(labels, counters, lag);
  const [searched, tolerated] = [SEARCH_MS / STEP_MS, TOLERATED_MS / STEP_MS];
  const stay = bestOf(fitAt, [{ from: -tolerated, to: tolerated }], 1).fit;

  const windows = [{ from: -searched, to: searched }, ...windowsBeyond(cues, steps)];
  const lags = windows.reduce((sum, { from, to }) => sum + to - from, 0);
  const stride = Math.max(1, Math.ceil((lags * cues.length * counters.length) / MAX_LOOKUPS));
  const coarse = bestOf(fitAt, windows, stride);
  const best = bestOf(fitAt, [{ from: coarse.lag - stride, to: coarse.lag + stride }], 1);
  if (Math.abs(best.lag) <= tolerated || best.fit < LEAST_FIT) return 0;
  if (best.fit - stay < LEAST_GAIN || stay > best.fit * STAYS_SHARE) return 0;
  const far = 2000 / STEP_MS;
  const rivals = windows.flatMap(({ from, to }) => [
    { from, to: Math.min(to, best.lag - far) },
    { from: Math.max(from, best.lag + far), to },
  ]);
  if (bestOf(fitAt, rivals, stride).fit > best.fit * RIVAL_SHARE) return 0;
  const heard = cues.reduce(
    (sum, { from, to }) => sum + Math.max(...counters.map((c) => c.between(from + best.lag, to + best.lag))),
    0,
  );
  return heard < LEAST_VOICED_STEPS ? 0 : middleOfPeak(fitAt, best) * STEP_MS;
}

/** Where cues beyond the sound may belong. */
function windowsBeyond(cues: readonly StepRange[], steps: number): StepRange[] {
  const first = Math.min(...cues.map(({ from }) => from));
  const last = Math.max(...cues.map(({ to }) => to));
  const searched = SEARCH_MS / STEP_MS;
  if (last <= steps + searched) return [];
  const hours = Math.floor(first / (HOUR_MS / STEP_MS));
  const windows = [];
  for (let hour = 1; hour <= Math.min(24, hours); hour++) {
    const lag = -hour * (HOUR_MS / STEP_MS);
    windows.push({ from: lag - searched, to: lag + searched });
  }
  const beyond = cues.filter(({ from }) => from >= steps).length;
  if (beyond * 2 < cues.length) return windows;
  const [toStart, toEnd] = [-first, steps - last];
  return [{ from: Math.min(toStart, toEnd) - searched, to: Math.max(toStart, toEnd) + searched }];
}

interface Peak {
  readonly lag: number;
  readonly fit: number;
}

function bestOf(fitAt: (lag: number) => number, windows: readonly StepRange[], stride: number): Peak {
  let best: Peak = { lag: 0, fit: -1 };
  for (const { from, to } of windows) {
    for (let lag = from; lag <= to; lag += stride) {
      const at = fitAt(lag);
      if (at > best.fit || (at === best.fit && Math.abs(lag) < Math.abs(best.lag))) best = { lag, fit: at };
    }
  }
  return best;
}

/** Cues are longer than the voice in them, so that several lags fit equally well: the middle one of them. */
function middleOfPeak(fitAt: (lag: number) => number, { lag, fit: height }: Peak): number {
  const isAsHigh = (at: number) => fitAt(at) >= height - 1e-9;
  let [first, last] = [lag, lag];
  while (lag - first < 20 && isAsHigh(first - 1)) first -= 1;
  while (last - lag < 20 && isAsHigh(last + 1)) last += 1;
  return Math.round((first + last) / 2);
}

/** How well the cues fit the voices when they are moved by `lag` steps: the mean correlation, weighted by length. */
function fitOf(labels: readonly LabelledCues[], counters: readonly VoiceCounter[], lag: number): number {
  let sum = 0;
  let total = 0;
  for (const { cues, channel } of labels) {
    let length = 0;
    for (const { from, to } of cues) length += to - from;
    let best = -1;
    for (const [index, counter] of counters.entries()) {
      let heard = 0;
      for (const { from, to } of cues) heard += counter.between(from + lag, to + lag);
      const correlated = correlation(heard, length, counter);
      best = Math.max(best, channel === null || channel === index ? correlated : correlated * OTHER_CHANNEL_SHARE);
    }
    sum += best * length;
    total += length;
  }
  return total === 0 ? -1 : sum / total;
}

function correlation(heard: number, length: number, { steps, voicedSteps }: VoiceCounter): number {
  const voicedShare = voicedSteps / steps;
  const cueShare = Math.min(0.95, length / steps);
  const spread = Math.sqrt(length * (1 - cueShare) * voicedSteps * (1 - voicedShare));
  return spread === 0 ? 0 : (heard - voicedShare * length) / spread;
}
