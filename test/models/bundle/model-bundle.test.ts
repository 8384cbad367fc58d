import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readModelBundle } from '../../../models/bundle/model-bundle.ts';
import { sampleManifest } from '../../support/models/sample-manifest.ts';

const root = await mkdtemp(join(tmpdir(), 'undertone-bundle-'));
let directory = '';
let bundles = 0;

beforeEach(async () => {
  bundles += 1;
  directory = join(root, String(bundles));
  await mkdir(directory);
  const manifest = sampleManifest();
  const { graphs, text } = manifest;
  const { weights, cpu } = graphs.text;
  for (const entry of [graphs.text, weights, cpu, graphs.video, graphs.fusion, text.tokenizer, text.tokenizerConfig]) {
    const bytes = JSON.stringify({ name: entry.file });
    entry.sha256 = createHash('sha256').update(bytes).digest('hex').toUpperCase();
    await writeFile(join(directory, entry.file), bytes);
  }
  await writeFile(join(directory, 'manifest.json'), JSON.stringify(manifest));
});

afterAll(() => rm(root, { recursive: true }));

async function expectRefusal(...parts: string[]): Promise<void> {
  const error = await readModelBundle(directory).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'ModelError', code: 'invalid-bundle' });
  for (const part of parts) expect(String(error)).toContain(part);
  expect(String(error)).not.toContain('\n');
}

describe('readModelBundle', () => {
  it('gives the manifest, the tokenizer and the paths of the graphs', async () => {
    const bundle = await readModelBundle(directory);
    expect(bundle.manifest.id).toBe('sample');
    expect(bundle.tokenizer).toEqual({ json: { name: 'tokenizer.json' }, config: { name: 'tokenizer_config.json' } });
    expect(bundle.graphFiles('webgpu').fusion).toBe(join(directory, 'fusion.onnx'));
  });

  it('gives CPUs the graph that is made for them, where there is one', async () => {
    const { graphFiles } = await readModelBundle(directory);
    expect(graphFiles('cpu')).toEqual({ ...graphFiles('cuda'), text: join(directory, 'text-cpu.onnx') });
    expect(graphFiles('cuda')).toEqual(graphFiles('webgpu'));
    expect(graphFiles('cuda').text).toBe(join(directory, 'text.onnx'));
  });

  it.each(['text.weights', 'text-cpu.onnx'])('refuses a changed %s', async (file) => {
    await writeFile(join(directory, file), '{}');
    await expectRefusal(join(directory, file), 'is damaged');
  });

  it('refuses a graph with a single changed byte', async () => {
    await writeFile(join(directory, 'video.onnx'), JSON.stringify({ name: 'video.onnX' }));
    await expectRefusal(join(directory, 'video.onnx'), 'is damaged', 'SHA-256');
  });

  it('refuses a changed tokenizer', async () => {
    await writeFile(join(directory, 'tokenizer.json'), '{}');
    await expectRefusal(join(directory, 'tokenizer.json'), 'is damaged');
  });

  it('names a missing file', async () => {
    await rm(join(directory, 'fusion.onnx'));
    await expectRefusal('ENOENT', join(directory, 'fusion.onnx'));
  });

  it('names a missing directory', async () => {
    await rm(directory, { recursive: true });
    await expectRefusal('ENOENT', join(directory, 'manifest.json'));
  });

  it('refuses a manifest that is no JSON', async () => {
    await writeFile(join(directory, 'manifest.json'), '{"formatVersion": 1,');
    await expectRefusal('manifest.json is not JSON');
  });
});
