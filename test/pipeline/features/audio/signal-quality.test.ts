import { describe, expect, it } from 'vitest';
import { SampleBuffer } from '../../../../pipeline/features/audio/sample-buffer.ts';
import { NOISY_VOICE_BELOW, SignalQualityStream } from '../../../../pipeline/features/audio/signal-quality.ts';
import { joinSamples } from '../../../../pipeline/support/join-samples.ts';
import { createResampler } from '../../../../pipeline/sync/resampler.ts';
import { decodeMulaw } from '../../../../server/ingest/telephony/mulaw.ts';
import { encodeMulaw } from '../../../support/telephony/mulaw-encode.ts';
import { createNoise, synthesize } from './clips.ts';

const voice = synthesize({
  name: 'voice',
  seconds: 3,
  pitchHz: 180,
  vibratoHz: 5,
  resonancesHz: [500, 1500, 2500],
  noise: 0.0005,
  seed: 11,
});
const voiceRms = Math.sqrt(voice.reduce((sum, x) => sum + x * x, 0) / voice.length);

function qualityOf(samples: Float32Array, lengthSamples = samples.length, chunk = samples.length) {
  const buffer = new SampleBuffer(samples.length);
  const stream = new SignalQualityStream(buffer);
  for (let at = 0; at < samples.length; at += chunk) {
    buffer.append(samples.subarray(at, at + chunk));
    stream.advance();
  }
  return stream.finish(lengthSamples);
}

function withNoise(snrDb: number): Float32Array {
  const noise = createNoise(3);
  const gain = voiceRms * 10 ** (-snrDb / 20) * Math.sqrt(3);
  return voice.map((x) => x + gain * noise());
}

/** 8 kHz, µ-law, and back to 16 kHz as the sync stage does it. */
function throughTelephone(samples: Float32Array): Float32Array {
  const convert = (input: Float32Array, fromHz: number, toHz: number) => {
    const resampler = createResampler(fromHz, toHz);
    return joinSamples([resampler.push(input), resampler.flush()]);
  };
  return convert(decodeMulaw(encodeMulaw(convert(samples, 16_000, 8000))), 8000, 16_000);
}

describe('signal quality', () => {
  it('calls a clean voice ok, near to one', () => {
    const { quality, state } = qualityOf(voice);
    expect(state).toBe('ok');
    expect(quality).toBeGreaterThan(0.8);
  });

  it('falls as white noise rises, and calls a voice as loud as its noise noisy', () => {
    const qualities = [30, 20, 10, 0].map((snrDb) => qualityOf(withNoise(snrDb)).quality);
    expect(qualities).toEqual(qualities.toSorted((a, b) => b - a));
    expect(qualityOf(withNoise(0))).toMatchObject({ state: 'noisy' });
    expect(qualities.at(-1)).toBeLessThan(NOISY_VOICE_BELOW);
  });

  it('lowers the quality of a clipped voice', () => {
    const clipped = voice.map((x) => Math.max(-1, Math.min(1, 8 * (x / voiceRms) * 0.1)));
    const { quality, clipping } = qualityOf(clipped);
    expect(clipping).toBeGreaterThan(0.02);
    expect(quality).toBeLessThan(qualityOf(voice).quality - 0.1);
  });

  it('knows a telephone’s voice by its band, and thinks less of it', () => {
    const noise = createNoise(5);
    // Sibilants: a wide noise in every third syllable.
    const wide = voice.map((x, n) => x + (n % 21_600 < 2000 ? 0.05 * noise() : 0));
    const telephone = throughTelephone(wide);
    expect(qualityOf(wide).wideBandDb).toBeGreaterThan(-40);
    expect(qualityOf(telephone).wideBandDb).toBeLessThan(-60);
    expect(qualityOf(telephone)).toMatchObject({ state: 'ok' });
    expect(qualityOf(telephone).quality / qualityOf(wide).quality).toBeCloseTo(0.8, 1);
  });

  it.each([
    ['digital silence', new Float32Array(16_000)],
    ['an inaudible voice', voice.map((x) => 1e-4 * x)],
    ['nothing', new Float32Array(0)],
  ])('finds no sound in %s', (_, samples) => {
    expect(qualityOf(samples)).toMatchObject({ state: 'absent', quality: 0 });
  });

  it('judges an utterance shorter than one frame', () => {
    expect(qualityOf(voice.slice(1600, 1900)).quality).toBeGreaterThan(0);
  });

  it('looks only at what lies before the end, however the samples come', () => {
    const tail = new Float32Array(voice.length).fill(1);
    const longer = joinSamples([voice, tail]);
    expect(qualityOf(longer, voice.length, 777)).toEqual(qualityOf(voice));
  });
});
