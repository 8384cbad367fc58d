import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIO_FEATURE_COUNT, openVoiceEncoder, VOICE_GRAPHS, type VoiceEncoder } from '../../../models/index.ts';
import { createResampler, createVoiceStream } from '../../../pipeline/index.ts';
import { joinSamples } from '../../../pipeline/support/join-samples.ts';
import type { BatchIndex } from '../../../server/commands/batch/measure-manifest.ts';
import { run } from '../../../server/commands/features.ts';
import { type CommandResult, inProcess } from '../../support/e2e/command-line.ts';
import { readSampleCall, SAMPLE_CALL_FILE } from '../../support/e2e/sample-call.ts';
import { openLocalGraphRunner } from '../../support/faces/local-graph-runner.ts';
import { readNpz, readNpzBytes, readNpzFloats, readNpzStrings } from '../../support/faces/read-npz.ts';
import { temporaryFolder, tone, writeWav } from '../../support/recordings.ts';

const RATE_HZ = 16_000;
const folder = mkdtempSync(join(tmpdir(), 'undertone-batch-'));
const STEREO = join(folder, 'stereo.wav');
let speech: Float32Array;
let encoder: VoiceEncoder;

/** As a 16-bit file gives it back. */
const stored = (samples: Float32Array) => samples.map((value) => Math.round(value * 32767) / 32768);

beforeAll(async () => {
  encoder = openVoiceEncoder(await openLocalGraphRunner(VOICE_GRAPHS));
  const { voices } = await readSampleCall(RATE_HZ);
  speech = voices[0].subarray(0, 6 * RATE_HZ);
  writeWav(STEREO, RATE_HZ, [speech, tone(6, 220, RATE_HZ)]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function featuresOf(samples: Float32Array): Promise<Float32Array> {
  const stream = createVoiceStream({ encoder, maxWaitingBlocks: 20 });
  stream.push(samples);
  return (await stream.finish(samples.length)).features;
}

const features = (...args: string[]) => inProcess(run, ...args);

interface Batch extends CommandResult {
  readonly out: string;
  readonly index: BatchIndex;
  /** Path of a shard. */
  shard(number: number): string;
}

async function batch(rows: readonly object[], out = temporaryFolder(), ...options: string[]): Promise<Batch> {
  const manifest = join(out, 'manifest.jsonl');
  writeFileSync(manifest, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const result = await features('--batch', manifest, '--out', out, ...options);
  expect(result).toMatchObject({ status: 0, stdout: '' });
  const index = JSON.parse(readFileSync(join(out, 'index.json'), 'utf8')) as BatchIndex;
  return { ...result, out, index, shard: (number) => join(out, index.shards[number]!) };
}

const row = (values: Float32Array, index: number) =>
  values.subarray(index * AUDIO_FEATURE_COUNT, (index + 1) * AUDIO_FEATURE_COUNT);

describe('undertone features --batch', () => {
  it('measures a channel, a stretch and the mix by the stage that measures a live voice', async () => {
    const { index, shard } = await batch([
      { id: 'left', media: STEREO, channel: 0 },
      { id: 'stretch', media: STEREO, channel: 0, startMs: 1000, endMs: 3500 },
      { id: 'mixed', media: STEREO },
    ]);
    expect(index).toMatchObject({ rows: 3, errors: 0 });
    const audio = readNpzFloats(shard(0), 'audio');
    const [left, right] = [speech, tone(6, 220, RATE_HZ)].map(stored) as [Float32Array, Float32Array];
    expect(row(audio, 0)).toEqual(await featuresOf(left));
    expect(row(audio, 1)).toEqual(await featuresOf(left.subarray(RATE_HZ, 3.5 * RATE_HZ)));
    expect(row(audio, 2)).toEqual(await featuresOf(left.map((value, i) => Math.fround(value / 2) + right[i]! / 2)));
    expect(readNpzStrings(shard(0), 'ids')).toEqual(['left', 'stretch', 'mixed']);
    expect(readNpzStrings(shard(0), 'audio_states')[0]).toBe('ok');
    expect(readNpzStrings(shard(0), 'face_states')).toEqual(['absent', 'absent', 'absent']);
    expect(readNpz(shard(0), 'faces').shape).toEqual([3, 25, 64, 64]);
  });

  it('resamples what has another rate', async () => {
    const file = join(temporaryFolder(), 'tone.wav');
    const samples = tone(2, 300, 44_100);
    writeWav(file, 44_100, [samples]);
    const { shard } = await batch([{ id: 'tone', media: file }]);
    const resampler = createResampler(44_100);
    const parts = [resampler.push(stored(samples)).slice(), resampler.flush()];
    const whole = joinSamples([parts[0]!, parts[1]!]);
    expect(row(readNpzFloats(shard(0), 'audio'), 0)).toEqual(await featuresOf(whole));
  });

  it('finds the faces of a stretch, none where the crop shows none, and takes pictures from another file', async () => {
    const stretch = { media: SAMPLE_CALL_FILE, startMs: 46_000, endMs: 50_000 };
    const { shard } = await batch([
      { id: 'face', ...stretch },
      { id: 'corner', ...stretch, crop: { x: 0, y: 0, width: 0.15, height: 0.15 } },
      { id: 'two files', media: STEREO, channel: 1, video: stretch },
    ]);
    const counts = new Int32Array(readNpz(shard(0), 'face_counts').data.buffer);
    expect(counts[0]).toBeGreaterThan(10);
    expect(counts[0]).toBeLessThanOrEqual(25);
    expect(counts[1]).toBe(0);
    expect(counts[2]).toBe(counts[0]);
    expect(readNpzStrings(shard(0), 'face_states')[1]).toBe('absent');
    const { data } = readNpzBytes(shard(0), 'faces');
    const utterance = (index: number) => data.subarray(index * 25 * 4096, (index + 1) * 25 * 4096);
    expect(utterance(2)).toEqual(utterance(0));
    const levels = new Set(utterance(0).subarray(0, counts[0]! * 4096));
    expect(levels.size).toBeGreaterThan(50);
    expect(utterance(0).subarray(counts[0]! * 4096)).toSatisfy((rest: Uint8Array) =>
      rest.every((value) => value === 0),
    );
    expect(row(readNpzFloats(shard(0), 'audio'), 2)).toEqual(await featuresOf(stored(tone(6, 220, RATE_HZ))));
  });

  it('makes an error row of media that cannot be used and goes on', async () => {
    const garbage = join(temporaryFolder(), 'garbage.mp4');
    writeFileSync(garbage, 'no film');
    const { index, shard, stderr } = await batch([
      { id: 'gone', media: join(folder, 'nowhere.mp4') },
      { id: 'garbage', media: garbage },
      { id: 'no such channel', media: STEREO, channel: 2 },
      { id: 'fine', media: STEREO, channel: 0 },
    ]);
    expect(index).toMatchObject({ rows: 4, errors: 3 });
    const errors = readNpzStrings(shard(0), 'errors');
    expect(errors.slice(0, 3)).toEqual([
      expect.stringMatching(/no such file/),
      expect.stringMatching(/a format that is not known/),
      expect.stringMatching(/has 2 channels/),
    ]);
    expect(errors[3]).toBe('');
    expect(readNpzStrings(shard(0), 'audio_states')[0]).toBe('absent');
    expect(stderr).toMatch(/4 utterances, 3 of them unusable/);
    expect(row(readNpzFloats(shard(0), 'audio'), 3)).toEqual(await featuresOf(stored(speech)));
  });

  it('cuts what exceeds the longest utterance', async () => {
    const file = join(temporaryFolder(), 'long.wav');
    const samples = tone(25, 200, RATE_HZ);
    writeWav(file, RATE_HZ, [samples]);
    const { index, shard } = await batch([{ id: 'long', media: file }]);
    expect(index.errors).toBe(0);
    expect(row(readNpzFloats(shard(0), 'audio'), 0)).toEqual(
      await featuresOf(stored(samples).subarray(0, 20 * RATE_HZ)),
    );
  });

  it('goes on where it ended, and measures anew what the manifest changed', async () => {
    const rows = [0, 1, 2, 3, 4].map((n) => ({
      id: `row-${n}`,
      media: STEREO,
      startMs: n * 1000,
      endMs: n * 1000 + 900,
    }));
    const first = await batch(rows, temporaryFolder(), '--shard', '2');
    expect(first.index.shards).toHaveLength(3);
    expect(readdirSync(first.out).filter((name) => name.endsWith('.partial'))).toEqual([]);
    const written = (run: Batch, number: number) => statSync(run.shard(number)).mtimeMs;
    const times = [0, 1, 2].map((number) => written(first, number));
    const content = readFileSync(first.shard(1));
    rmSync(first.shard(1));
    const second = await batch(rows, first.out, '--shard', '2');
    expect(second.index).toEqual(first.index);
    expect([written(second, 0), written(second, 2)]).toEqual([times[0], times[2]]);
    expect(readFileSync(second.shard(1))).toEqual(content);
    const changed = [...rows.slice(0, 4), { ...rows[4]!, endMs: 4500 }];
    const third = await batch(changed, first.out, '--shard', '2');
    expect(third.index.shards.slice(0, 2)).toEqual(first.index.shards.slice(0, 2));
    expect(third.index.shards[2]).not.toBe(first.index.shards[2]);
    expect(readNpzFloats(third.shard(2), 'audio')).not.toEqual(readNpzFloats(first.shard(2), 'audio'));
  });

  it.each<[string, string, string[], RegExp]>([
    ['no folder', '{"id":"a","media":"x.wav"}', [], /--batch needs --out DIR/],
    ['a line that is no JSON', '{"id":"a","media":"x.wav"}\n{"id"', ['--out', folder], /line 2 is not JSON/],
    ['a line without media', '{"id":"a"}', ['--out', folder], /line 1 names no media file/],
    [
      'an id that repeats',
      '{"id":"a","media":"x"}\n{"id":"a","media":"y"}',
      ['--out', folder],
      /line 2 repeats the id a/,
    ],
    ['times that run back', '{"id":"a","media":"x","startMs":5,"endMs":5}', ['--out', folder], /0 ≤ startMs < endMs/],
    [
      'a crop beyond the picture',
      '{"id":"a","media":"x","crop":{"x":0.6,"y":0,"width":0.5,"height":1}}',
      ['--out', folder],
      /within 0…1/,
    ],
    ['a key that means nothing', '{"id":"a","media":"x","start":5}', ['--out', folder], /means nothing: start/],
    [
      'shards of nothing',
      '{"id":"a","media":"x"}',
      ['--out', folder, '--shard', '0'],
      /--shard must be a whole number/,
    ],
    ['a set', '{"id":"a","media":"x"}', ['--out', folder, '--set', 'mfcc'], /takes no FILE and no --set/],
  ])('refuses %s with exit code 2 and one line', async (_what, content, args, reason) => {
    const manifest = join(temporaryFolder(), 'manifest.jsonl');
    writeFileSync(manifest, content);
    const { status, stdout, stderr } = await features('--batch', manifest, ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^undertone features: [^\n]*\n$/);
    expect(stderr).toMatch(reason);
  });

  it('refuses a manifest that is not there', async () => {
    const { status, stderr } = await features('--batch', join(folder, 'none.jsonl'), '--out', folder);
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringMatching(/no such file\n$/) });
  });
});
