import { percentile } from '../statistics.ts';
import { agreementOf, type FeatureAgreement, type Pair } from './agreement.ts';
import { type Clip, join32 } from './clips.ts';
import { overTelephone, withNoise } from './degrade.ts';
import { computeOurs } from './ours.ts';
import type { Reference } from './reference.ts';

/** What is done to the clips before both sides see them. */
export const CONDITIONS = ['clean', 'noise', 'telephone'] as const;
export type Condition = (typeof CONDITIONS)[number];

const NOISE_SNR_DB = 10;
const UTTERANCE_SAMPLES = 160_000;
/** Utterances that both sides compute before anything is timed. */
const WARM_UP_UTTERANCES = 3;
const TIMED_UTTERANCES = 30;

export interface SpeedMeasurement {
  /** Seconds of audio that were timed. */
  readonly audioSeconds: number;
  /** Processor seconds for them. */
  readonly oursSeconds: number;
  readonly librosaSeconds: number;
  readonly opensmileSeconds: number;
  /** Wall-clock time of `finish` behind utterances of 10 s, ms. */
  readonly finishMedianMs: number;
  readonly finishP95Ms: number;
}

export type Progress = (text: string) => void;

/** Agreement of every feature with its reference, over the clips as they are and over their degraded copies. */
export async function measureAgreement(
  clips: readonly Clip[],
  reference: Reference,
  progress: Progress,
): Promise<Record<Condition, FeatureAgreement[]>> {
  const pairs: Record<Condition, Pair[]> = { clean: [], noise: [], telephone: [] };
  for (const [index, clip] of clips.entries()) {
    progress(`agreement: clip ${index + 1} of ${clips.length}`);
    for (const condition of CONDITIONS) {
      const samples = degrade(clip.samples, condition, index);
      const theirs = reference.compute(samples);
      const ours = computeOurs(samples).features;
      pairs[condition].push({ ours, theirs: (await theirs).features });
    }
  }
  return { clean: agreementOf(pairs.clean), noise: agreementOf(pairs.noise), telephone: agreementOf(pairs.telephone) };
}

/** Times both sides in turn on utterances of 10 s that are cut from the clips. */
export async function measureSpeed(
  clips: readonly Clip[],
  reference: Reference,
  progress: Progress,
): Promise<SpeedMeasurement> {
  const utterances = cutUtterances(clips);
  const finishMs: number[] = [];
  let [oursSeconds, librosaSeconds, opensmileSeconds] = [0, 0, 0];
  for (let i = -WARM_UP_UTTERANCES; i < TIMED_UTTERANCES; i++) {
    progress(i < 0 ? 'speed: warming up' : `speed: utterance ${i + 1} of ${TIMED_UTTERANCES}`);
    const samples = utterances[(i + WARM_UP_UTTERANCES) % utterances.length]!;
    const ours = computeOurs(samples);
    const theirs = await reference.compute(samples);
    if (i < 0) continue;
    finishMs.push(ours.finishMs);
    oursSeconds += ours.seconds;
    librosaSeconds += theirs.librosaSeconds;
    opensmileSeconds += theirs.opensmileSeconds;
  }
  const audioSeconds = (TIMED_UTTERANCES * UTTERANCE_SAMPLES) / 16_000;
  const [finishMedianMs, finishP95Ms] = [percentile(finishMs, 0.5), percentile(finishMs, 0.95)];
  return { audioSeconds, oursSeconds, librosaSeconds, opensmileSeconds, finishMedianMs, finishP95Ms };
}

function degrade(samples: Float32Array, condition: Condition, index: number): Float32Array {
  if (condition === 'clean') return samples;
  return condition === 'noise' ? withNoise(samples, NOISE_SNR_DB, index + 1) : overTelephone(samples);
}

/** Clips joined, and repeated where they are too few for one utterance. */
function cutUtterances(clips: readonly Clip[]): Float32Array[] {
  const wanted = UTTERANCE_SAMPLES * (TIMED_UTTERANCES + WARM_UP_UTTERANCES);
  const parts: Float32Array[] = [];
  let length = 0;
  for (let i = 0; length < wanted && (i < clips.length || length < UTTERANCE_SAMPLES); i++) {
    const { samples } = clips[i % clips.length]!;
    parts.push(samples);
    length += samples.length;
  }
  const joined = join32(parts);
  return Array.from({ length: Math.floor(length / UTTERANCE_SAMPLES) }, (_, i) =>
    joined.subarray(i * UTTERANCE_SAMPLES, (i + 1) * UTTERANCE_SAMPLES),
  );
}
