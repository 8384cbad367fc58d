import { joinSamples } from '../../../../pipeline/support/join-samples.ts';
import { createNoise, synthesize } from './clips.ts';

const RATE_HZ = 16_000;
const signal = (count: number, at: (n: number) => number) => Float32Array.from({ length: count }, (_, n) => at(n));

const voice = synthesize({
  name: 'voice',
  seconds: 2.6,
  pitchHz: 220,
  vibratoHz: 6,
  resonancesHz: [400, 2000, 2900],
  noise: 0.002,
  seed: 2,
});

/** Sounds that a measurement may stumble over, at 16 kHz, by name. */
export const HOSTILE_AUDIO: readonly (readonly [name: string, samples: Float32Array])[] = [
  ['nothing', new Float32Array(0)],
  ['one sample', signal(1, () => 0.5)],
  ['digital silence', new Float32Array(RATE_HZ)],
  ['a constant', signal(RATE_HZ, () => 0.4)],
  ['a clipped voice', voice.map((x) => Math.max(-1, Math.min(1, 50 * x)))],
  ['a pure tone', signal(RATE_HZ, (n) => 0.5 * Math.sin(0.1 * n))],
  ['a voice over a constant', voice.map((x) => 0.3 + 0.5 * x)],
  ['a voice between silences', joinSamples([new Float32Array(RATE_HZ), voice, new Float32Array(RATE_HZ)])],
  ['50 ms of voice', voice.slice(1600, 2400)],
  ['a click', signal(RATE_HZ, (n) => (n === 8000 ? 1 : 0))],
  ['white noise', signal(RATE_HZ, createNoise(5))],
  ['the Nyquist frequency', signal(RATE_HZ, (n) => (n % 2 === 0 ? 1 : -1))],
  ['an inaudible voice', voice.map((x) => 1e-20 * x)],
  [
    '15 s of voice',
    synthesize({ name: 'long', seconds: 15, pitchHz: 120, vibratoHz: 5, resonancesHz: [500], noise: 0, seed: 1 }),
  ],
];
