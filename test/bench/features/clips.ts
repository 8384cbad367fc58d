import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createNoise, synthesize } from '../../pipeline/features/audio/clips.ts';
import { readSamples } from '../../support/ravdess.ts';

const RESONANCES_HZ = [
  [600, 1200, 2500],
  [400, 2000, 2900],
  [700, 1100, 2400],
  [350, 900, 2300],
  [500, 1500, 2500],
];

/** A voice to measure: 16 kHz mono, multiples of 2⁻¹⁵ below 1. */
export interface Clip {
  readonly name: string;
  readonly samples: Float32Array;
}

/** Names of `count` recordings, as many of each actor as possible, drawn with a fixed seed; null without the folder. */
export function drawRecordings(folder: string, count: number): string[] | null {
  if (!existsSync(folder)) return null;
  const random = createNoise(7);
  const byActor = new Map<string, string[]>();
  for (const name of readdirSync(folder).sort()) {
    if (!/\.(flac|wav)$/.test(name)) continue;
    const actor = name.split('-').at(-1)!;
    byActor.set(actor, [...(byActor.get(actor) ?? []), name]);
  }
  for (const names of byActor.values()) shuffle(names, random);
  const actors = [...byActor.values()];
  const rounds = Math.max(0, ...actors.map((names) => names.length));
  const drawn = Array.from({ length: rounds }, (_, round) => actors.flatMap((names) => names[round] ?? [])).flat();
  return drawn.length === 0 ? null : drawn.slice(0, count);
}

/** @throws RangeError when the recording is not at 16 kHz. */
export async function readClip(folder: string, name: string): Promise<Clip> {
  return { name, samples: toSixteenBits(await readSamples(join(folder, name))) };
}

/** The `index`-th of an endless list of synthetic voices. */
export function synthesizeClip(index: number): Clip {
  const random = createNoise(1000 + index);
  const between = (low: number, high: number) => low + ((random() + 1) / 2) * (high - low);
  const name = `synthetic voice ${index + 1}`;
  const clip = {
    name,
    seconds: between(1.5, 4),
    pitchHz: between(85, 260),
    vibratoHz: between(3, 7),
    resonancesHz: RESONANCES_HZ[index % RESONANCES_HZ.length]!,
    noise: 10 ** between(-3.5, -1.5),
    seed: index + 1,
  };
  return { name, samples: toSixteenBits(synthesize(clip)) };
}

/** Rounds to what 16-bit audio can hold, in place. */
export function toSixteenBits(samples: Float32Array): Float32Array {
  for (let n = 0; n < samples.length; n++) {
    samples[n] = Math.max(-32768, Math.min(32767, Math.round(samples[n]! * 32768))) / 32768;
  }
  return samples;
}

function shuffle<T>(values: T[], random: () => number): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(((random() + 1) / 2) * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
}
