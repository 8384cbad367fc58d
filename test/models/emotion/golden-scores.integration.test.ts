import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIO_FEATURE_COUNT, type Models, openModels } from '../../../models/index.ts';
import { BUNDLE_DIRECTORY } from '../../support/models/bundle-directory.ts';
import {
  type GoldenUtterance,
  goldenBaseline,
  goldenFaces,
  goldenTokens,
  goldenVoice,
  readGolden,
} from '../../support/models/golden-utterances.ts';

/** A folder with the shipped bundle as an accelerator sees it, so that a CPU runs those graphs. */
function bundleWithoutCpuGraphs(): string {
  const folder = mkdtempSync(join(tmpdir(), 'undertone-golden-'));
  for (const file of readdirSync(BUNDLE_DIRECTORY)) symlinkSync(join(BUNDLE_DIRECTORY, file), join(folder, file));
  const manifest = readManifest();
  for (const graph of Object.values(manifest.graphs)) delete graph.cpu;
  rmSync(join(folder, 'manifest.json'));
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return folder;
}

interface Manifest {
  readonly graphs: Readonly<Record<string, { sha256: string; cpu?: { sha256: string } }>>;
}

function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(BUNDLE_DIRECTORY, 'manifest.json'), 'utf8'));
}

const withoutCpuGraphs = bundleWithoutCpuGraphs();
afterAll(() => rmSync(withoutCpuGraphs, { recursive: true }));

function expectClose(what: string, actual: Float32Array | null, expected: readonly number[] | undefined): void {
  expect(actual?.length, what).toBe(expected?.length);
  const differences = (expected ?? []).map((value, i) => Math.abs(value - actual![i]!));
  expect(Math.max(0, ...differences), what).toBeLessThanOrEqual(1e-4);
}

describe.each([
  ['cpu', BUNDLE_DIRECTORY],
  ['accelerator', withoutCpuGraphs],
] as const)("the server's way through the bundle's graphs for this: %s", (kind, bundleDirectory) => {
  const golden = readGolden()[kind];
  let models: Models;
  beforeAll(async () => {
    const batching = { maxBatch: golden.utterances.length, maxBatchCost: Number.POSITIVE_INFINITY };
    models = await openModels({ bundleDirectory, providers: [], emotionWorkers: 1, batching, log: () => {} });
  });
  afterAll(() => models.close());

  /** An utterance through words, faces and fusion, against what Python answered. */
  async function expectGolden(utterance: GoldenUtterance): Promise<void> {
    const { present, answers } = utterance;
    const [text, video] = await Promise.all([
      models.emotion.embedText(goldenTokens(utterance)),
      models.emotion.embedFaces(goldenFaces(utterance)),
    ]);
    expectClose('text embedding', text.embedding, answers.text_embedding);
    expectClose('token weights', text.tokenWeights, answers.token_weights);
    expectClose('video embedding', video.embedding, answers.video_embedding);
    const covered = video.mouthCovered === null ? null : Float32Array.of(video.mouthCovered);
    expectClose('covered mouth', covered, answers.mouth_covered);
    const scores = await models.emotion.fuse({
      text: present[0] ? text.embedding : null,
      audio: present[1] ? goldenVoice(utterance, AUDIO_FEATURE_COUNT) : null,
      video: present[2] ? video.embedding : null,
      baseline: goldenBaseline(utterance, AUDIO_FEATURE_COUNT),
    });
    expectClose('emotion', scores.emotion, answers.emotion);
    expectClose('sentiment', scores.sentiment, answers.sentiment);
    expectClose('contributions', scores.contributions, answers.contributions);
    expectClose('set contributions', scores.setContributions, answers.set_contributions);
    const { dissatisfaction } = scores;
    const expected = present[0] && models.emotion.operatingPoint !== null ? answers.dissatisfaction : undefined;
    expectClose('dissatisfaction', dissatisfaction && Float32Array.of(dissatisfaction.probability), expected);
  }

  it('is measured against this bundle: else run test/golden/make-model-golden.py', () => {
    const graphs = Object.entries(readManifest().graphs);
    const answered = graphs.map(([name, graph]) => [name, ((kind === 'cpu' && graph.cpu) || graph).sha256]);
    expect(golden.graphs).toEqual(Object.fromEntries(answered));
  });

  it.each(golden.utterances)(
    'answers as Python does to an utterance of $tokens tokens alone, seed $seed',
    expectGolden,
  );

  it('answers as Python does to all utterances in one padded batch', async () => {
    const before = models.stats().batchers;
    await Promise.all(golden.utterances.map(expectGolden));
    const after = models.stats().batchers;
    expect(after.text.batches - before.text.batches).toBe(1);
    expect(after.video.batches - before.video.batches).toBe(1);
  });
});
