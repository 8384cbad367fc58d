import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AudioBaseline } from '../../../../models/index.ts';
import {
  addToBaseline,
  BASELINE_BYTES,
  SpeakerBaselines,
} from '../../../../pipeline/features/audio/speaker-baseline.ts';

const voice = (...values: number[]) => Float32Array.from(values);
const heard = (...values: number[]) => Promise.resolve(voice(...values));
const SILENT = Promise.resolve(null);

describe('addToBaseline', () => {
  it('is the mean of the utterances so far', () => {
    const first = addToBaseline(null, voice(1, 10));
    const second = addToBaseline(first, voice(3, 30));
    expect(second).toEqual({ mean: voice(2, 20), utterances: 2 });
    expect(addToBaseline(second, voice(5, 5))).toEqual({ mean: voice(3, 15), utterances: 3 });
  });

  it('changes neither what it is given nor what it gave before', () => {
    const features = voice(1, 2);
    const first = addToBaseline(null, features);
    addToBaseline(first, voice(9, 9));
    expect(first).toEqual({ mean: voice(1, 2), utterances: 1 });
    expect(features).toEqual(voice(1, 2));
  });

  it('stays the mean over a long call', () => {
    const value = fc.float({ min: -1000, max: 1000, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), (values) => {
        let baseline: AudioBaseline | null = null;
        for (const one of values) baseline = addToBaseline(baseline, voice(one));
        const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
        expect(Math.abs(baseline!.mean[0]! - mean)).toBeLessThan(0.01);
        expect(baseline!.utterances).toBe(values.length);
      }),
    );
  });
});

describe('SpeakerBaselines', () => {
  it('compares an utterance with those before it, never with itself', async () => {
    const baselines = new SpeakerBaselines();
    const given = [baselines.add('dana', heard(2)), baselines.add('dana', heard(4)), baselines.add('dana', heard(9))];
    expect(await Promise.all(given)).toEqual([
      null,
      { mean: voice(2), utterances: 1 },
      { mean: voice(3), utterances: 2 },
    ]);
  });

  it('knows each participant alone', async () => {
    const baselines = new SpeakerBaselines();
    await baselines.add('dana', heard(2));
    expect(await baselines.add('sam', heard(8))).toBeNull();
    expect(await baselines.add('dana', heard(2))).toEqual({ mean: voice(2), utterances: 1 });
  });

  it('counts neither an utterance without a voice nor one whose voice failed', async () => {
    const baselines = new SpeakerBaselines();
    baselines.add('dana', heard(2));
    baselines.add('dana', SILENT);
    baselines.add('dana', Promise.reject(new Error('the encoder failed')));
    expect(await baselines.add('dana', heard(4))).toEqual({ mean: voice(2), utterances: 1 });
  });

  it('waits for voices before it that are measured slowly, so that speed changes nothing', async () => {
    const baselines = new SpeakerBaselines();
    const slow = Promise.withResolvers<Float32Array>();
    baselines.add('dana', slow.promise);
    const second = baselines.add('dana', heard(5));
    slow.resolve(voice(1));
    expect(await second).toEqual({ mean: voice(1), utterances: 1 });
  });

  it('holds one mean per participant, and tells its bytes once', async () => {
    const held: number[] = [];
    const baselines = new SpeakerBaselines((bytes) => held.push(bytes));
    for (let utterance = 0; utterance < 50; utterance += 1) {
      await baselines.add('dana', heard(1));
      await baselines.add('sam', heard(1));
      await baselines.add('mute', SILENT);
    }
    await baselines.add('mute', SILENT);
    expect(held).toEqual([BASELINE_BYTES, BASELINE_BYTES]);
  });
});
