import { createResampler } from '../../../pipeline/index.ts';
import { joinSamples } from '../../../pipeline/support/join-samples.ts';
import { createNoise } from '../../pipeline/features/audio/clips.ts';
import { toSixteenBits } from './clips.ts';

const TELEPHONE_RATE_HZ = 8000;
const TELEPHONE_BAND_HZ = [300, 3400] as const;
const FILTER_TAPS = 257;
const MU = 255;

/** The samples with white noise of a uniform distribution under them. */
export function withNoise(samples: Float32Array, snrDb: number, seed: number): Float32Array {
  const noise = createNoise(seed);
  const rms = Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
  const gain = rms * 10 ** (-snrDb / 20) * Math.sqrt(3);
  return toSixteenBits(samples.map((x) => x + gain * noise()));
}

/** The samples as a telephone call brings them: 300–3400 Hz, 8 kHz, µ-law (ITU-T G.711), then back at 16 kHz. */
export function overTelephone(samples: Float32Array): Float32Array {
  const narrow = resample(samples, 16_000, TELEPHONE_RATE_HZ);
  const coded = bandPass(narrow).map(throughMuLaw);
  return toSixteenBits(resample(coded, TELEPHONE_RATE_HZ, 16_000));
}

function resample(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  const resampler = createResampler(fromHz, toHz);
  return joinSamples([resampler.push(samples), resampler.flush()]);
}

/** Windowed sinc of linear phase, its delay taken out. */
function bandPass(samples: Float32Array): Float32Array {
  const half = (FILTER_TAPS - 1) / 2;
  const [low, high] = TELEPHONE_BAND_HZ.map((hz) => hz / TELEPHONE_RATE_HZ) as [number, number];
  const taps = Float64Array.from({ length: FILTER_TAPS }, (_, i) => {
    const window = 0.5 + 0.5 * Math.cos((Math.PI * (i - half)) / (half + 1));
    return window * (sinc(i - half, high) - sinc(i - half, low));
  });
  return samples.map((_, n) => {
    let sum = 0;
    for (let i = 0; i < FILTER_TAPS; i++) sum += taps[i]! * (samples[n + i - half] ?? 0);
    return sum;
  });
}

/** Impulse response of an ideal low pass; the cut-off is a share of the sample rate. */
function sinc(n: number, cutoff: number): number {
  return n === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * n) / (Math.PI * n);
}

/** One sample through 8 bits on µ-law's curve. */
function throughMuLaw(sample: number): number {
  const limited = Math.max(-1, Math.min(1, sample));
  const level = Math.round((127 * Math.log1p(MU * Math.abs(limited))) / Math.log1p(MU)) / 127;
  return (Math.sign(limited) * Math.expm1(level * Math.log1p(MU))) / MU;
}
