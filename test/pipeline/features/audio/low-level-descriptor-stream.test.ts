import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLowLevelDescriptorStream, LOW_LEVEL_DESCRIPTOR_NAMES } from '../../../../pipeline/index.ts';
import { synthesize, type VoiceClip } from './clips.ts';
import { HOSTILE_AUDIO } from './hostile-audio.ts';

interface Golden {
  readonly clip: VoiceClip;
  readonly names: readonly string[];
  readonly rowCount: number;
  readonly rowStep: number;
  readonly rows: readonly (readonly number[])[];
}

const goldenUrl = new URL('../../../fixtures/golden/audio/synthetic-descriptors.json', import.meta.url);
const golden: Golden = JSON.parse(readFileSync(goldenUrl, 'utf8'));
const COLUMNS = LOW_LEVEL_DESCRIPTOR_NAMES.length;

/** All rows of the samples, pushed in chunks of the given sizes, over and over. */
function rowsOf(samples: Float32Array, sizes: readonly number[] = [samples.length || 1]): number[] {
  const stream = createLowLevelDescriptorStream();
  const rows: number[] = [];
  for (let at = 0, i = 0; at < samples.length; i++) {
    const size = sizes[i % sizes.length]!;
    rows.push(...stream.push(samples.subarray(at, at + size)));
    at += size;
  }
  return [...rows, ...stream.finish()];
}

describe('low-level descriptors of a synthetic voice', () => {
  const samples = synthesize(golden.clip);
  const rows = rowsOf(samples);
  const columnOf = (name: string) => {
    const c = LOW_LEVEL_DESCRIPTOR_NAMES.indexOf(name);
    return golden.rows
      .slice(0, -1)
      .map((row, i) => ({ ours: rows[i * golden.rowStep * COLUMNS + c]!, theirs: row[c]! }));
  };

  it('have openSMILE’s names, and its rows but for the last', () => {
    expect(LOW_LEVEL_DESCRIPTOR_NAMES).toEqual(golden.names);
    expect(rows.length).toBe((golden.rowCount - 1) * COLUMNS);
  });

  it.each(LOW_LEVEL_DESCRIPTOR_NAMES.slice(0, 10))('are openSMILE’s %s in every row', (name) => {
    const column = columnOf(name);
    const size = Math.max(...column.map(({ theirs }) => Math.abs(theirs)));
    for (const { ours, theirs } of column) expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(1e-3 * size);
  });

  it('are openSMILE’s pitch in two rows of three, voiced and unvoiced', () => {
    const column = columnOf('F0semitoneFrom27.5Hz_sma3nz');
    expect(column.some(({ theirs }) => theirs === 0)).toBe(true);
    expect(column.some(({ theirs }) => theirs > 0)).toBe(true);
    const near = column.filter(({ ours, theirs }) => Math.abs(ours - theirs) <= 0.01 * theirs);
    expect(near.length).toBeGreaterThanOrEqual((2 / 3) * column.length);
  });
});

describe('low-level descriptor stream', () => {
  const voice = synthesize({ ...golden.clip, seconds: 1.5 });

  it('gives the same rows for any cut into chunks', () => {
    const whole = rowsOf(voice);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 6 }), (sizes) => {
        expect(rowsOf(voice, sizes)).toEqual(whole);
      }),
      { numRuns: 6 },
    );
  });

  it('gives each row within half a second', () => {
    const stream = createLowLevelDescriptorStream();
    let rows = 0;
    for (let at = 0; at + 320 <= voice.length; at += 320) {
      rows += stream.push(voice.subarray(at, at + 320)).length / COLUMNS;
      expect(rows * 160).toBeGreaterThanOrEqual(at + 320 - 8000);
    }
  });

  it.each(HOSTILE_AUDIO)('gives finite rows for %s', (_, samples) => {
    const rows = rowsOf(samples, [5000]);
    expect(rows.every(Number.isFinite)).toBe(true);
    expect(rows.length).toBe(COLUMNS * Math.max(0, Math.floor((samples.length - 960) / 160) + 1));
  });
});
