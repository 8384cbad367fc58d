import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  AUDIO_FEATURE_NAMES,
  createAudioFeatureStream,
} from '../../../../pipeline/features/audio/audio-feature-stream.ts';
import { synthesize, type VoiceClip } from './clips.ts';

const RATE_HZ = 16_000;
const GOLDEN = new URL('../../../fixtures/golden/audio/synthetic-voices.json', import.meta.url);
const [, { clip }] = JSON.parse(readFileSync(GOLDEN, 'utf8')) as [unknown, { clip: VoiceClip }];

/** Memory of typed arrays that are still in use. What other tests of the process left behind is freed first. */
async function heldBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let last = Number.POSITIVE_INFINITY; ; ) {
    collect();
    await setImmediate();
    const { arrayBuffers } = process.memoryUsage();
    if (arrayBuffers >= last) return arrayBuffers;
    last = arrayBuffers;
  }
}

describe('audio feature stream', () => {
  it('gives finite features for five minutes of voice, of which it holds 45 KB per second', async () => {
    const part = synthesize({ ...clip, pitchHz: 120, seconds: 6 });
    const before = await heldBytes();
    const stream = createAudioFeatureStream();
    for (let i = 0; i < 50; i++) stream.push(part);
    const bytes = (await heldBytes()) - before;
    const { features } = stream.finish(300 * RATE_HZ);
    expect(features.every(Number.isFinite)).toBe(true);
    expect(features[AUDIO_FEATURE_NAMES.indexOf('MeanVoicedSegmentLengthSec')]).toBeGreaterThan(0.1);
    expect(bytes).toBeGreaterThan(2.5e6);
    expect(bytes).toBeLessThan(300 * 45_000);
  });
});
