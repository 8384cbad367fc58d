import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type FaceGroups, type Models, openModels } from '../../models/index.ts';
import { BUNDLE_DIRECTORY } from '../support/models/bundle-directory.ts';
import { readSpeech } from '../support/models/speech.ts';

const lines: string[] = [];
const models = await openModels({
  bundleDirectory: BUNDLE_DIRECTORY,
  providers: ['cuda', 'cpu'],
  emotionWorkers: 2,
  // Batches as an accelerator has them: a CPU's hold little, and would not show what a batch changes.
  batching: { maxBatchCost: Number.POSITIVE_INFINITY },
  log: (line) => lines.push(line),
});

afterAll(() => models.close());

function text(tokenCount: number, seed = 0) {
  const ids = Int32Array.from({ length: tokenCount }, (_, i) => 2000 + ((i * 379 + seed * 911) % 9000));
  ids[0] = 101;
  ids[tokenCount - 1] = 102;
  return { ids };
}

/** `faceCount` striped faces in the overlapping groups. */
function faces(faceCount: number, stripe: number): FaceGroups {
  const pixels = new Uint8Array(5 * 10 * 4096);
  for (let group = 0; group < 5; group += 1) {
    for (let slot = 0; slot < 10 && group * 5 + slot < faceCount; slot += 1) {
      const start = (group * 10 + slot) * 4096;
      for (let i = 0; i < 4096; i += 1) pixels[start + i] = (i * stripe + (group * 5 + slot) * 31) % 256;
    }
  }
  return { pixels, faceCount };
}

function audio(seed: number): Float32Array {
  return Float32Array.from({ length: 896 }, (_, i) => Math.sin(i + seed) * 10);
}

function expectClose(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-4);
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}

describe('openModels', () => {
  it('computes on CUDA where it is installed, and else falls back to the CPU with one log line', () => {
    const fallback = /^Execution provider cuda is not usable here, falling back to cpu: .+$/;
    expect(lines).toEqual(models.provider === 'cuda' ? [] : [expect.stringMatching(fallback)]);
  });

  it('tells the id of its bundle and hands out the tokenizer', () => {
    expect(models.emotion.id).toMatch(/^undertone-mini@\d+\.\d+\.\d+$/);
    expect(models.emotion.tokenizer.json).toHaveProperty('model.vocab');
  });

  it('gives texts the same embedding alone and in a batch with longer ones', async () => {
    const inputs = [text(5), text(50, 1), text(16, 2), text(2)];
    const alone: Float32Array[] = [];
    for (const input of inputs) alone.push((await models.emotion.embedText(input)).embedding);
    const before = models.stats().batchers.text;
    const together = await Promise.all(inputs.map((input) => models.emotion.embedText(input)));
    expect(models.stats().batchers.text.batches - before.batches).toBe(1);
    for (const [i, { embedding }] of together.entries()) expectClose(embedding, alone[i]!);
  });

  it('gives faces the same embedding alone and in a batch', async () => {
    const inputs = [faces(25, 3), faces(1, 7), faces(12, 11)];
    const alone: Float32Array[] = [];
    for (const input of inputs) alone.push((await models.emotion.embedFaces(input)).embedding);
    const together = await Promise.all(inputs.map((input) => models.emotion.embedFaces(input)));
    for (const [i, { embedding }] of together.entries()) expectClose(embedding, alone[i]!);
  });

  it('scores every combination of modalities, alone and in a batch, and credits only those present', async () => {
    const { embedding: embedded } = await models.emotion.embedText(text(12));
    const { embedding: seen } = await models.emotion.embedFaces(faces(20, 5));
    const inputs = [1, 2, 3, 4, 5, 6, 7].map((bits) => ({
      text: bits & 1 ? embedded : null,
      audio: bits & 2 ? audio(bits) : null,
      video: bits & 4 ? seen : null,
    }));
    const together = await Promise.all(inputs.map((input) => models.emotion.fuse(input)));
    for (const [i, scores] of together.entries()) {
      const alone = await models.emotion.fuse(inputs[i]!);
      expectClose(scores.emotion, alone.emotion);
      expectClose(scores.sentiment, alone.sentiment);
      expectClose(scores.contributions, alone.contributions);
      for (const part of [scores.emotion, scores.sentiment, scores.contributions]) {
        expect(sum(part)).toBeCloseTo(1, 4);
        expect(Math.min(...part)).toBeGreaterThanOrEqual(0);
      }
      const { text: words, audio: voice, video } = inputs[i]!;
      for (const [modality, input] of [words, voice, video].entries()) {
        if (input === null) expect(scores.contributions[modality]).toBe(0);
      }
    }
  });

  it('hears speech while texts are encoded', async () => {
    const texts = Promise.all(Array.from({ length: 6 }, (_, seed) => models.emotion.embedText(text(50, seed))));
    const probabilities = await models.voiceActivity.openStream().push(readSpeech());
    expect(Math.max(...probabilities)).toBeGreaterThan(0.9);
    await texts;
  });

  it('looks for faces', async () => {
    const { logits } = await models.faces.detect(new Uint8Array(128 * 128 * 3));
    expect(logits.length).toBe(896);
    expect(Math.max(...logits)).toBeLessThan(0);
  });

  it('counts what its queues and workers did', () => {
    const { batchers, workers } = models.stats();
    expect(batchers.fusion).toMatchObject({ queueDepth: 0, running: 0, dropped: { 'flow-full': 0, 'queue-full': 0 } });
    expect(batchers.fusion.items).toBeGreaterThan(batchers.fusion.batches);
    expect(workers.emotion).toHaveLength(3);
    expect(workers.perception).toEqual({ pending: 0, dropped: 0, restarts: 0 });
  });

  it('refuses a bundle whose graph is damaged', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'undertone-damaged-'));
    try {
      await cp(BUNDLE_DIRECTORY, directory, { recursive: true });
      await writeFile(join(directory, 'fusion.onnx'), 'not a graph');
      const said: string[] = [];
      const opening = openModels({ bundleDirectory: directory, providers: ['cuda'], log: (line) => said.push(line) });
      await expect(opening).rejects.toMatchObject({
        code: 'invalid-bundle',
        message: expect.stringContaining('damaged'),
      });
      expect(said).toEqual([]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('refuses an operating point that the bundle lacks', async () => {
    const opening = openModels({
      bundleDirectory: BUNDLE_DIRECTORY,
      operatingPoint: 'best',
      providers: ['cuda'],
      log: () => {},
    });
    await expect(opening).rejects.toMatchObject({ code: 'unknown-operating-point' });
  });

  it.each([0, 1.5, -1])('refuses %s emotion workers', async (emotionWorkers) => {
    const opening = openModels({ bundleDirectory: BUNDLE_DIRECTORY, providers: [], emotionWorkers, log: () => {} });
    await expect(opening).rejects.toThrow(RangeError);
  });

  it('lets running work finish when it is closed, and takes nothing more', async () => {
    const closing: Models = await openModels({ bundleDirectory: BUNDLE_DIRECTORY, providers: [], log: () => {} });
    const running = closing.emotion.embedText(text(50));
    await new Promise((resolve) => setImmediate(resolve));
    await closing.close();
    expect((await running).embedding.length).toBeGreaterThan(0);
    await expect(closing.emotion.embedText(text(5))).rejects.toMatchObject({ code: 'closed' });
    await expect(closing.voiceActivity.openStream().push(new Float32Array(512).fill(0.1))).rejects.toMatchObject({
      code: 'closed',
    });
    await expect(closing.faces.detect(new Uint8Array(128 * 128 * 3))).rejects.toMatchObject({ code: 'closed' });
  });
});
