import { joinSamples } from '../../../pipeline/support/join-samples.ts';
import { createPlainKernels } from '../../support/plain-kernels/plain-kernels.ts';
import { nearestRank } from '../statistics.ts';
import { agreementOf, type FeatureAgreement, type Pair } from './agreement.ts';
import type { Clip } from './clips.ts';
import { overTelephone, withNoise } from './degrade.ts';
import { computeOurs } from './ours.ts';
import type { Reference } from './reference.ts';

/** What is done to the clips before both sides see them. */
export const CONDITIONS = ['clean', 'noise', 'telephone'] as const;
export type Condition = (typeof CONDITIONS)[number];

const NOISE_SNR_DB = 10;
const RATE_HZ = 16_000;
/** What is timed at a time: so long that openSMILE's start, 12 ms a call, weighs little. */
const STRETCH_SECONDS = 60;
const STRETCHES = 5;
/** Utterances whose end is timed. */
const UTTERANCE_SECONDS = 10;
const UTTERANCES = 40;

export interface SpeedMeasurement {
  /** Seconds of audio that were timed. */
  readonly audioSeconds: number;
  /** Processor seconds for them. */
  readonly oursSeconds: number;
  /** With the kernels in plain TypeScript. */
  readonly plainSeconds: number;
  readonly librosaSeconds: number;
  readonly opensmileSeconds: number;
  /** Processor time of `finish` behind utterances of 10 s, ms. */
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

/** Times both sides in turn on stretches of the clips, then the end of utterances. Both sides warm up untimed. */
export async function measureSpeed(
  clips: readonly Clip[],
  reference: Reference,
  progress: Progress,
): Promise<SpeedMeasurement> {
  progress('speed: warming up');
  const stretches = cutStretches(clips, STRETCH_SECONDS, STRETCHES);
  const plain = createPlainKernels();
  computeOurs(stretches[0]!);
  computeOurs(stretches[0]!, plain);
  await reference.compute(stretches[0]!.subarray(0, UTTERANCE_SECONDS * RATE_HZ));
  let [oursSeconds, plainSeconds, librosaSeconds, opensmileSeconds] = [0, 0, 0, 0];
  for (const [i, samples] of stretches.entries()) {
    progress(`speed: stretch ${i + 1} of ${STRETCHES}`);
    oursSeconds += computeOurs(samples).seconds;
    plainSeconds += computeOurs(samples, plain).seconds;
    const theirs = await reference.compute(samples);
    librosaSeconds += theirs.librosaSeconds;
    opensmileSeconds += theirs.opensmileSeconds;
  }
  const utterances = cutStretches(clips, UTTERANCE_SECONDS, UTTERANCES);
  const finishMs = utterances.map((samples) => computeOurs(samples).finishMs);
  const [finishMedianMs, finishP95Ms] = [nearestRank(finishMs, 0.5), nearestRank(finishMs, 0.95)];
  const audioSeconds = STRETCH_SECONDS * STRETCHES;
  return { audioSeconds, oursSeconds, plainSeconds, librosaSeconds, opensmileSeconds, finishMedianMs, finishP95Ms };
}

function degrade(samples: Float32Array, condition: Condition, index: number): Float32Array {
  if (condition === 'clean') return samples;
  return condition === 'noise' ? withNoise(samples, NOISE_SNR_DB, index + 1) : overTelephone(samples);
}

/** `count` stretches of the clips one after the other, over and over where they are too few. */
function cutStretches(clips: readonly Clip[], seconds: number, count: number): Float32Array[] {
  const length = seconds * RATE_HZ;
  const parts: Float32Array[] = [];
  for (let i = 0, joined = 0; joined < length * count; i++) {
    const { samples } = clips[i % clips.length]!;
    parts.push(samples);
    joined += samples.length;
  }
  const all = joinSamples(parts);
  return Array.from({ length: count }, (_, i) => all.subarray(i * length, (i + 1) * length));
}
