import { readFileSync } from 'node:fs';
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

/** Memory of typed arrays that are still in use. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().arrayBuffers;
}

describe('audio feature stream', () => {
  it('gives finite features for ten minutes of voice, of which it holds 45 KB a second', () => {
    const part = synthesize({ ...clip, pitchHz: 120, seconds: 6 });
    const before = heldBytes();
    const stream = createAudioFeatureStream();
    for (let i = 0; i < 100; i++) stream.push(part);
    const bytes = heldBytes() - before;
    const { features } = stream.finish(600 * RATE_HZ);
    expect(features.every(Number.isFinite)).toBe(true);
    expect(features[AUDIO_FEATURE_NAMES.indexOf('MeanVoicedSegmentLengthSec')]).toBeGreaterThan(0.1);
    expect(bytes).toBeGreaterThan(5e6);
    expect(bytes).toBeLessThan(600 * 45_000);
  }, 60_000);
});
