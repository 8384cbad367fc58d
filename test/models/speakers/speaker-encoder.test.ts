import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type GraphRunner,
  openSpeakerEncoder,
  SPEAKER_EXCERPT_SAMPLES,
  SPEAKER_GRAPHS,
  SPEAKER_WIDTH,
} from '../../../models/index.ts';
import { openLocalGraphRunner } from '../../support/faces/local-graph-runner.ts';

const FOLDER = new URL('../../../models/speakers/', import.meta.url);

/** A buzz with the overtones of a voice: its pitch, and how fast the overtones fall off. */
function buzz(pitchHz: number, slope: number, amplitude: number): Float32Array {
  return Float32Array.from({ length: SPEAKER_EXCERPT_SAMPLES }, (_, i) => {
    let sum = 0;
    for (let n = 1; n * pitchHz < 7000; n++) sum += Math.sin((2 * Math.PI * n * pitchHz * i) / 16_000) / n ** slope;
    return amplitude * sum;
  });
}

const similarity = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

describe('the vendored speaker graph', () => {
  it('has the digest, size and licence of its manifest', () => {
    const manifest = JSON.parse(readFileSync(new URL('manifest.json', FOLDER), 'utf8'));
    expect(Object.keys(manifest.graphs)).toEqual(Object.keys(SPEAKER_GRAPHS));
    const { file, sha256, bytes, licenseFile } = manifest.graphs['speaker-encoder'];
    const content = readFileSync(new URL(file, FOLDER));
    expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    expect(content.byteLength).toBe(bytes);
    expect(existsSync(new URL(licenseFile, FOLDER))).toBe(true);
  });
});

describe('openSpeakerEncoder', () => {
  let runner: GraphRunner | null = null;
  const open = async () => {
    runner ??= await openLocalGraphRunner(SPEAKER_GRAPHS);
    return openSpeakerEncoder(runner);
  };
  afterAll(() => runner?.close());

  it('describes a voice by a unit vector that tells it from another, however loud it is', async () => {
    const encoder = await open();
    const [loud, quiet, other] = [
      await encoder.describe(buzz(110, 1, 0.1)),
      await encoder.describe(buzz(110, 1, 0.002)),
      await encoder.describe(buzz(230, 2, 0.1)),
    ] as const;
    expect(loud).toHaveLength(SPEAKER_WIDTH);
    expect(similarity(loud, loud)).toBeCloseTo(1, 4);
    expect(similarity(loud, quiet)).toBeGreaterThan(0.999);
    expect(similarity(loud, other)).toBeLessThan(0.9);
  });

  it('gives finite values for silence', async () => {
    const vector = await (await open()).describe(new Float32Array(SPEAKER_EXCERPT_SAMPLES));
    expect(vector.every(Number.isFinite)).toBe(true);
  });

  it('refuses an excerpt of another length', async () => {
    await expect((await open()).describe(new Float32Array(16_000))).rejects.toThrow('25840 samples, not 16000');
  });
});
