const RATE_HZ = 16_000;

/** Numerical Recipes' linear congruential generator: the same noise in every language. */
export function createNoise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Synthetic speech: what `test/golden/make-audio-golden.py` makes of the same numbers. */
export interface VoiceClip {
  readonly name: string;
  readonly seconds: number;
  readonly pitchHz: number;
  readonly vibratoHz: number;
  readonly resonancesHz: readonly number[];
  readonly noise: number;
  readonly seed: number;
}

/**
 * Harmonics under bell-shaped resonances with vibrato, gated into syllables of 0.3 s with pauses of 0.15 s, plus noise,
 * rounded to 16 bits.
 */
export function synthesize(clip: VoiceClip): Float32Array {
  const noise = createNoise(clip.seed);
  const samples = new Float32Array(Math.round(clip.seconds * RATE_HZ));
  let phase = 0;
  for (let n = 0; n < samples.length; n++) {
    const t = n / RATE_HZ;
    const hz = clip.pitchHz * (1 + 0.04 * Math.sin(2 * Math.PI * clip.vibratoHz * t)) * (1 + 0.1 * t);
    phase += hz / RATE_HZ;
    const inSyllable = t % 0.45;
    const gate = inSyllable < 0.3 ? Math.sin((Math.PI * inSyllable) / 0.3) ** 2 : 0;
    let voice = 0;
    for (let h = 1; h * hz < 5000; h++) voice += resonance(clip, h * hz) * Math.sin(2 * Math.PI * h * phase);
    samples[n] = Math.round((0.2 * gate * voice + clip.noise * noise()) * 32768) / 32768;
  }
  return samples;
}

function resonance(clip: VoiceClip, hz: number): number {
  let gain = 0.02;
  for (const [i, centre] of clip.resonancesHz.entries()) gain += Math.exp(-(((hz - centre) / 150) ** 2)) / (i + 1);
  return gain;
}
