import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type GraphRunner,
  MEL_BAND_COUNT,
  MEL_BLOCK_FRAMES,
  openVoiceEncoder,
  VOICE_GRAPHS,
  VOICE_WIDTH,
} from '../../../models/index.ts';
import { openLocalGraphRunner } from '../../support/faces/local-graph-runner.ts';

const FOLDER = new URL('../../../models/voice/', import.meta.url);

function bands(frameCount: number, fill = 0): Float32Array {
  const values = new Float32Array(MEL_BLOCK_FRAMES * MEL_BAND_COUNT).fill(fill);
  for (let i = 0; i < frameCount * MEL_BAND_COUNT; i++) values[i] = Math.sin(i * i);
  return values;
}

describe('the vendored voice graph', () => {
  it('has the digest, size and licence of its manifest', () => {
    const manifest = JSON.parse(readFileSync(new URL('manifest.json', FOLDER), 'utf8'));
    expect(Object.keys(manifest.graphs)).toEqual(Object.keys(VOICE_GRAPHS));
    const { file, sha256, bytes, licenseFile } = manifest.graphs['voice-encoder'];
    const content = readFileSync(new URL(file, FOLDER));
    expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    expect(content.byteLength).toBe(bytes);
    expect(existsSync(new URL(licenseFile, FOLDER))).toBe(true);
  });
});

describe('openVoiceEncoder', () => {
  let runner: GraphRunner | null = null;
  const open = async () => {
    runner ??= await openLocalGraphRunner(VOICE_GRAPHS);
    return openVoiceEncoder(runner);
  };
  afterAll(() => runner?.close());

  it('sums each value and its square over the tokens', async () => {
    const { tokenCount, sums } = await (await open()).encode({ bands: bands(100), frameCount: 100 });
    expect([tokenCount, sums.length]).toEqual([50, 2 * VOICE_WIDTH]);
    for (let i = 0; i < VOICE_WIDTH; i++) {
      const mean = sums[i]! / tokenCount;
      expect(sums[VOICE_WIDTH + i]! / tokenCount).toBeGreaterThanOrEqual(mean * mean * 0.9999);
    }
  });

  it('never hears what stands behind the real frames', async () => {
    const encoder = await open();
    const [padded, noisy] = await Promise.all([
      encoder.encode({ bands: bands(37), frameCount: 37 }),
      encoder.encode({ bands: bands(37, 9), frameCount: 37 }),
    ]);
    expect(padded.tokenCount).toBe(19);
    expect(noisy).toEqual(padded);
  });

  it.each([
    ['no frame', bands(0), 0],
    ['more frames than a block has', bands(100), 101],
    ['half a frame', bands(100), 1.5],
    ['another number of values', new Float32Array(80), 1],
  ])('refuses %s', async (_, values, frameCount) => {
    await expect((await open()).encode({ bands: values, frameCount })).rejects.toThrow(RangeError);
  });
});
