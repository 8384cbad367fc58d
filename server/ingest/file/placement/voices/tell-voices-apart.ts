import type { SpeakerEncoder } from '../../../../../models/index.ts';
import { clusterVoices, dot, gainOfDivision } from '../../../../../pipeline/index.ts';
import type { Recording } from '../../recording.ts';
import { describeRuns } from './describe-runs.ts';
import { labelSteps } from './label-steps.ts';
import { cutRuns } from './voice-windows.ts';

/** With a lower {@link gainOfDivision} there is only one voice. */
const LEAST_GAIN = 0.031;

export interface TellVoicesApartOptions {
  readonly recording: Recording;
  /** The channel that both are heard in. */
  readonly channel: number;
  /** 1 per voiced step of that channel. */
  readonly voiced: Uint8Array;
  readonly encoder: SpeakerEncoder;
  readonly signal?: AbortSignal;
}

/** Where each of two voices is heard: 1 per step. The first is the one that speaks first. */
export type VoiceMasks = readonly [Uint8Array, Uint8Array];

/**
 * Tells two voices of one channel apart. Reads the sound once.
 *
 * @returns null if only one voice is heard.
 */
export async function tellVoicesApart(options: TellVoicesApartOptions): Promise<VoiceMasks | null> {
  const { recording, channel, voiced, encoder, signal } = options;
  const runs = cutRuns(voiced);
  const vectors = await describeRuns(recording, channel, runs, encoder, signal);
  const excerpts = runs.flatMap(({ windows }, run) =>
    windows.map(({ from, to }, index) => ({ from, to, vector: vectors[run]![index]!, weight: to - from })),
  );
  const clusters = clusterVoices(excerpts);
  if (clusters === null) return null;
  const [first, second] = clusters.means;
  const heard = runs.map((run, index) => ({
    ...run,
    leanings: vectors[index]!.map((vector) => dot(vector, second) - dot(vector, first)),
  }));
  const labels = labelSteps(heard, voiced);
  // A window over a change of speakers is like both of them.
  const pure = excerpts.filter(({ from, to }) => labels.subarray(from, to).every((label) => label === labels[from]));
  const gain = gainOfDivision(
    pure,
    pure.map(({ from }) => labels[from]!),
  );
  return gain < LEAST_GAIN ? null : [labels.map((label) => 1 - label), labels];
}
