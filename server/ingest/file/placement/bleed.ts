import { findCopies } from './copied-stretches.ts';
import type { ChannelLevel } from './voice-activity.ts';

/** A channel hears another one's voice at most this long after it, in steps. */
const DELAY_STEPS = 2;
/** Only where a channel is this much quieter than the other one is it compared with it, dB. */
const QUIETER_DB = 6;
const LEAST_STEPS = 20;
/** What is heard of another voice follows its level: correlation, and distance between the quartiles of the difference, dB. */
const LEAST_CORRELATION = 0.5;
const MAX_SPREAD_DB = 8;
/** It is this much louder than the channel's quiet parts, dB. */
const OVER_FLOOR_DB = 6;
/** What is louder by this than the bleed is the channel's own voice, dB. */
const OWN_DB = 8;
/** Shorter own sound within bleed is a peak of it, in steps. */
const PEAK_STEPS = 2;

/**
 * Finds where a channel hears only the voice of another one, more quietly: through a headset, an echo or a shared room. How
 * much quieter it is there is much the same throughout a call. What is clearly louder than that is the channel's own. What
 * two channels hold alike for a while is the first one's.
 *
 * @param levelsDb - level per step of each channel.
 * @returns 1 for each step of its own sound, per channel. Null: the channel hears no other.
 */
export function findOwnSound(
  levelsDb: readonly Float32Array[],
  levels: readonly ChannelLevel[],
): (Uint8Array | null)[] {
  return levelsDb.map((own, channel) => {
    let heard: Uint8Array | null = null;
    for (const [other, loud] of levelsDb.entries()) {
      if (other === channel || levels[channel]!.isSilent || levels[other]!.isSilent) continue;
      const copied = other < channel ? findCopies(own, loud, levels[channel]!.voiced) : null;
      if (copied !== null)
        heard = (heard ?? new Uint8Array(own.length).fill(1)).map((is, step) => is & (1 - copied[step]!));
      const reach = heldFor(loud, DELAY_STEPS);
      const isSpeaking = heldFor(Float32Array.from(levels[other]!.voiced), DELAY_STEPS);
      const isVoiced = levels[other]!.voiced;
      const delayed = [...Array(DELAY_STEPS + 1).keys()].map((delay) =>
        bleedOf(own.subarray(delay), loud, isVoiced, levels[channel]!.floorDb),
      );
      const bleedDb = Math.max(...delayed.map((db) => db ?? Number.NEGATIVE_INFINITY));
      if (bleedDb === Number.NEGATIVE_INFINITY) continue;
      heard ??= new Uint8Array(own.length).fill(1);
      for (let step = 0; step < own.length; step++) {
        if (isSpeaking[step] === 1 && own[step]! <= reach[step]! + bleedDb + OWN_DB) heard[step] = 0;
      }
    }
    if (heard !== null) clearPeaks(heard);
    return heard;
  });
}

/** How much louder the bleed is than the voice that it is of, dB (below zero); null: there is none. */
function bleedOf(own: Float32Array, loud: Float32Array, isVoiced: Uint8Array, floorDb: number): number | null {
  const steps = [...own.keys()].filter((step) => isVoiced[step] === 1 && own[step]! <= loud[step]! - QUIETER_DB);
  if (steps.length < LEAST_STEPS) return null;
  const differences = steps.map((step) => own[step]! - loud[step]!).sort((a, b) => a - b);
  const quantile = (share: number) => differences[Math.floor(differences.length * share)]!;
  const ownDb = steps.map((step) => own[step]!).sort((a, b) => a - b)[steps.length >> 1]!;
  if (ownDb < floorDb + OVER_FLOOR_DB || quantile(0.75) - quantile(0.25) > MAX_SPREAD_DB) return null;
  const correlated = correlation(
    steps.map((step) => own[step]!),
    steps.map((step) => loud[step]!),
  );
  return correlated >= LEAST_CORRELATION ? quantile(0.5) : null;
}

/** Each step takes the highest value of itself and so many steps before it. */
function heldFor(values: Float32Array, steps: number): Float32Array {
  return values.map((value, step) => {
    let highest = value;
    for (let before = Math.max(0, step - steps); before < step; before++) highest = Math.max(highest, values[before]!);
    return highest;
  });
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [product, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! - meanA, b[i]! - meanB];
    product += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  return squareA === 0 || squareB === 0 ? 0 : product / Math.sqrt(squareA * squareB);
}

function clearPeaks(heard: Uint8Array): void {
  for (let from = 1; from < heard.length; from++) {
    if (heard[from] === 0 || heard[from - 1] === 1) continue;
    let to = from;
    while (to < heard.length && heard[to] === 1) to++;
    if (to < heard.length && to - from <= PEAK_STEPS) heard.fill(0, from, to);
    from = to;
  }
}
