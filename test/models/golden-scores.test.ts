import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AUDIO_FEATURE_COUNT, openModels } from '../../models/index.ts';
import { BUNDLE_DIRECTORY } from '../support/models/bundle-directory.ts';
import {
  type GoldenUtterance,
  goldenFaces,
  goldenTokens,
  goldenVoice,
  readGolden,
} from '../support/models/golden-utterances.ts';

const golden = readGolden();
const models = await openModels({
  bundleDirectory: BUNDLE_DIRECTORY,
  providers: [],
  emotionWorkers: 1,
  batching: { maxBatch: golden.utterances.length },
  log: () => {},
});
afterAll(() => models.close());

function expectClose(what: string, actual: Float32Array | null, expected: readonly number[] | undefined): void {
  expect(actual?.length, what).toBe(expected?.length);
  const differences = (expected ?? []).map((value, i) => Math.abs(value - actual![i]!));
  expect(Math.max(0, ...differences), what).toBeLessThanOrEqual(1e-4);
}

/** An utterance through words, faces and fusion, against what Python answered. */
async function expectGolden(utterance: GoldenUtterance): Promise<void> {
  const { present, answers } = utterance;
  const [text, video] = await Promise.all([
    models.emotion.embedText(goldenTokens(utterance)),
    models.emotion.embedFaces(goldenFaces(utterance)),
  ]);
  expectClose('text embedding', text.embedding, answers.text_embedding);
  expectClose('token weights', text.tokenWeights, answers.token_weights);
  expectClose('video embedding', video, answers.video_embedding);
  const scores = await models.emotion.fuse({
    text: present[0] ? text.embedding : null,
    audio: present[1] ? goldenVoice(utterance, AUDIO_FEATURE_COUNT) : null,
    video: present[2] ? video : null,
  });
  expectClose('emotion', scores.emotion, answers.emotion);
  expectClose('sentiment', scores.sentiment, answers.sentiment);
  expectClose('contributions', scores.contributions, answers.contributions);
  expectClose('set contributions', scores.setContributions, answers.set_contributions);
}

describe("the server's way through the bundle", () => {
  it('is measured against this bundle: else run test/golden/make-model-golden.py', () => {
    const { graphs } = JSON.parse(readFileSync(join(BUNDLE_DIRECTORY, 'manifest.json'), 'utf8')) as {
      graphs: Record<string, { sha256: string }>;
    };
    expect(golden.graphs).toEqual(
      Object.fromEntries(Object.entries(graphs).map(([name, { sha256 }]) => [name, sha256])),
    );
  });

  it.each(golden.utterances)('answers as Python does to an utterance of $tokens tokens alone', expectGolden);

  it('answers as Python does to three utterances in one padded batch', async () => {
    const before = models.stats().batchers;
    await Promise.all(golden.utterances.map(expectGolden));
    const after = models.stats().batchers;
    expect(after.text.batches - before.text.batches).toBe(1);
    expect(after.video.batches - before.video.batches).toBe(1);
  });
});
