import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIO_FEATURE_NAMES, LOW_LEVEL_DESCRIPTOR_NAMES } from '../../../pipeline/index.ts';
import { run } from '../../../server/commands/features.ts';
import { inProcess, undertone } from '../../support/e2e/command-line.ts';
import { readSampleCall, SAMPLE_CALL_FILE } from '../../support/e2e/sample-call.ts';
import { tone, writeWav } from '../../support/recordings.ts';

const folder = mkdtempSync(join(tmpdir(), 'undertone-features-'));
const SENTENCE = join(folder, 'sentence.wav');

beforeAll(async () => {
  const { voices, sampleRateHz } = await readSampleCall();
  writeWav(SENTENCE, sampleRateHz, [voices[0].subarray(0, 7 * sampleRateHz)]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const features = (...args: string[]) => inProcess(run, ...args);

interface UtteranceLine {
  readonly participantId: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly set: string;
  readonly state: string;
  readonly quality: number | null;
  readonly values?: Record<string, number>;
  readonly faces?: string[];
}

async function linesOf(file: string, set: string): Promise<UtteranceLine[]> {
  const { status, stdout } = await features(file, '--set', set, '--json');
  expect(status).toBe(0);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as UtteranceLine);
}

describe('undertone features --json', () => {
  it.each([
    ['mfcc', AUDIO_FEATURE_NAMES.slice(0, 40)],
    ['egemaps', AUDIO_FEATURE_NAMES.slice(40)],
  ])('prints every value of %s by name', async (set, names) => {
    const [line, ...others] = await linesOf(SENTENCE, set);
    expect(others).toEqual([]);
    expect(line).toMatchObject({ participantId: 'speaker-1', set, state: 'ok' });
    expect(Object.keys(line!.values!)).toEqual(names);
    for (const [name, value] of Object.entries(line!.values!)) expect(value, name).toSatisfy(Number.isFinite);
    expect(Math.abs(line!.startMs - 800)).toBeLessThan(300);
    expect(Math.abs(line!.endMs - 5960)).toBeLessThan(300);
  });

  it('prints the faces as gray pictures of 64 × 64', async () => {
    const lines = await linesOf(SAMPLE_CALL_FILE, 'faces');
    const seen = lines.filter(({ faces }) => faces!.length > 0);
    expect(seen.length).toBeGreaterThan(0);
    for (const { faces, participantId } of seen) {
      expect(participantId).toBe('speaker-1');
      expect(faces!.length).toBeLessThanOrEqual(25);
      for (const face of faces!) expect(Buffer.from(face, 'base64')).toHaveLength(64 * 64);
    }
    for (const { faces, quality } of lines) if (faces!.length === 0) expect(quality ?? 0).toBeLessThanOrEqual(1);
  });
});

describe('undertone features', () => {
  it('prints a table for people', async () => {
    const { status, stdout } = await undertone('features', SENTENCE, '--set', 'egemaps');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^0:00–0:05 {2}Speaker 1\n/);
    expect(stdout).toMatch(/^ {2}F0semitoneFrom27\.5Hz_sma3nz_amean +[\d.]+$/m);
    expect(stdout.trim().split('\n')).toHaveLength(1 + 88);
  });

  it('prints the low-level descriptors as CSV, a row every 10 ms', async () => {
    const { status, stdout } = await features(SENTENCE, '--set', 'egemaps-lld');
    expect(status).toBe(0);
    const [header, ...rows] = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    expect(header).toEqual(['speaker', 'ms', ...LOW_LEVEL_DESCRIPTOR_NAMES]);
    expect(rows.length).toBe(7 * 100 - 5);
    for (const [i, [speaker, ms, ...values]] of rows.entries()) {
      expect([speaker, ms]).toEqual(['speaker-1', String(i * 10)]);
      expect(values.map(Number).every(Number.isFinite)).toBe(true);
      expect(values.length).toBe(25);
    }
  });

  it('prints the low-level descriptors of each channel by name in --json', async () => {
    const stereo = join(folder, 'stereo.wav');
    const voice = tone(1, 200, 44_100);
    writeWav(stereo, 44_100, [voice, voice.map(() => 0)]);
    const { status, stdout } = await features(stereo, '--set', 'egemaps-lld', '--json');
    expect(status).toBe(0);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const participantId of ['speaker-1', 'speaker-2']) {
      const own = rows.filter((row) => row.participantId === participantId);
      expect(own.map(({ startMs }) => startMs)).toEqual(Array.from({ length: 95 }, (_, i) => i * 10));
      for (const { set, values } of own) {
        expect(set).toBe('egemaps-lld');
        expect(Object.keys(values)).toEqual(LOW_LEVEL_DESCRIPTOR_NAMES);
        expect(values.Loudness_sma3 > 0.01).toBe(participantId === 'speaker-1');
      }
    }
  });

  it('explains itself', async () => {
    const { status, stdout } = await features('--help');
    expect(status).toBe(0);
    expect(stdout).toContain('--set NAME');
  });

  const garbage = join(folder, 'garbage.wav');
  writeFileSync(garbage, 'RIFF');

  it.each<[string, string[], RegExp]>([
    ['no set', ['x.wav'], /give --set mfcc, --set egemaps, --set egemaps-lld or --set faces/],
    ['a set that is none', ['x.wav', '--set', 'prosody'], /give --set/],
    ['no file', ['--set', 'mfcc'], /give exactly one FILE/],
    ['an option that is none', ['x.wav', '--set', 'mfcc', '--csv'], /--csv/],
    ['a file that is not there', [join(folder, 'nowhere.wav'), '--set', 'mfcc'], /no such file/],
    ['a file that is no recording', [garbage, '--set', 'mfcc'], /cannot (read|use) .*garbage\.wav/],
  ])('refuses %s with exit code 2 and one line', async (_what, args, reason) => {
    const { status, stdout, stderr } = await features(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^undertone features: [^\n]*\n$/);
    expect(stderr).toMatch(reason);
  });
});
