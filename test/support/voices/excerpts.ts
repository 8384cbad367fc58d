import type { SpeakerEncoder } from '../../../models/index.ts';
import type { VoiceExcerpt } from '../../../pipeline/index.ts';
import { seededRandom } from '../e2e/seeded-random.ts';

const WIDTH = 16;
/** How far a voice varies, as a share of its difference from the other. */
const NOISE = 0.25;

/** Excerpts of the given voices (0 or 1), which vary. */
export function excerptsLike(voices: readonly number[], seed = 1): VoiceExcerpt[] {
  const random = seededRandom(seed);
  return voices.map((voice) => ({ vector: vectorLike(voice, random), weight: 1 }));
}

function vectorLike(voice: number, random: () => number): Float32Array {
  const vector = Float32Array.from({ length: WIDTH }, () => 0.3 + NOISE * (random() - 0.5));
  vector[voice] = 1;
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** An encoder that hears the sign of the samples: voice 0 is positive, voice 1 negative. */
export function signEncoder(): SpeakerEncoder & { readonly excerpts: Float32Array[] } {
  const random = seededRandom(3);
  const excerpts: Float32Array[] = [];
  return {
    excerpts,
    async describe(samples) {
      excerpts.push(samples);
      let sum = 0;
      let loud = 0;
      for (const sample of samples) {
        sum += sample;
        loud += Math.abs(sample);
      }
      const share = loud === 0 ? 0.5 : (1 - sum / loud) / 2;
      const [a, b] = [vectorLike(0, random), vectorLike(1, random)];
      const mixed = a.map((value, i) => (1 - share) * value + share * b[i]!);
      const length = Math.hypot(...mixed);
      return mixed.map((value) => value / length);
    },
  };
}
