import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AnalysisWarning } from '../../../../server/ingest/file/analysis-warning.ts';
import { type MediaRange, openRecording } from '../../../../server/ingest/file/recording.ts';
import { temporaryFolder, tone } from '../../../support/recordings.ts';

const RATE_HZ = 8000;
const LEFT = tone(1, 300, RATE_HZ);
const RIGHT = tone(1, 500, RATE_HZ, 0.25);

interface WavOptions {
  readonly tag?: number;
  readonly bits?: number;
  readonly isBig?: boolean;
  readonly rateHz?: number;
  /** What the header says. Default: the truth. */
  readonly saidDataBytes?: number;
  readonly saidFileBytes?: number;
}

/** A WAV file of the two tones. */
function wav({ tag = 1, bits = 16, isBig = false, rateHz = RATE_HZ, ...said }: WavOptions = {}): Buffer {
  const bytes = bits / 8;
  const data = Buffer.alloc(LEFT.length * 2 * bytes);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (let i = 0; i < LEFT.length; i++) {
    for (const [channel, sample] of [LEFT[i]!, RIGHT[i]!].entries()) {
      const at = (i * 2 + channel) * bytes;
      const value = Math.round(sample * (2 ** (bits - 1) - 1));
      if (tag === 3 && bytes === 4) view.setFloat32(at, sample, !isBig);
      else if (tag === 3) view.setFloat64(at, sample, !isBig);
      else if (bytes === 1) view.setUint8(at, value + 128);
      else if (isBig) data.writeIntBE(value, at, bytes);
      else data.writeIntLE(value, at, bytes);
    }
  }
  const header = Buffer.alloc(44);
  const head = new DataView(header.buffer, header.byteOffset, 44);
  header.write(isBig ? 'RIFX' : 'RIFF', 0);
  head.setUint32(4, said.saidFileBytes ?? 36 + data.length, !isBig);
  header.write('WAVEfmt ', 8);
  head.setUint32(16, 16, !isBig);
  head.setUint16(20, tag, !isBig);
  head.setUint16(22, 2, !isBig);
  head.setUint32(24, rateHz, !isBig);
  head.setUint32(28, rateHz * 2 * bytes, !isBig);
  head.setUint16(32, 2 * bytes, !isBig);
  head.setUint16(34, bits, !isBig);
  header.write('data', 36);
  head.setUint32(40, said.saidDataBytes ?? data.length, !isBig);
  return Buffer.concat([header, data]);
}

async function read(bytes: Buffer, range?: MediaRange) {
  const path = join(temporaryFolder(), 'input.wav');
  writeFileSync(path, bytes);
  const warnings: AnalysisWarning[] = [];
  const recording = await openRecording(path, { warn: (warning) => warnings.push(warning) });
  const channels: number[][] = Array.from({ length: recording.channelCount }, () => []);
  const startsMs: number[] = [];
  for await (const block of recording.audio(range)) {
    startsMs.push(block.startMs);
    for (const [index, samples] of block.channels.entries()) channels[index]!.push(...samples);
  }
  recording.close();
  return { recording, channels, startsMs, warnings };
}

function difference(samples: readonly number[], others: Float32Array): number {
  return samples.reduce((most, sample, index) => Math.max(most, Math.abs(sample - others[index]!)), 0);
}

describe('a WAV file', () => {
  const forms = [8, 16, 24, 32].map((bits) => ({ tag: 1, bits }));
  const floats = [32, 64].map((bits) => ({ tag: 3, bits }));
  it.each([...forms, ...floats].flatMap((form) => [false, true].map((isBig) => ({ ...form, isBig }))))(
    'is read sample for sample: format $tag of $bits bits, big-endian (RIFX): $isBig',
    async (form) => {
      const { recording, channels, warnings } = await read(wav(form));
      expect(recording).toMatchObject({ durationMs: 1000, channelCount: 2, sampleRateHz: RATE_HZ, hasVideo: false });
      expect(channels.map((samples) => samples.length)).toEqual([RATE_HZ, RATE_HZ]);
      const precision = form.bits === 8 ? 0.01 : 1e-4;
      expect(difference(channels[0]!, LEFT)).toBeLessThan(precision);
      expect(difference(channels[1]!, RIGHT)).toBeLessThan(precision);
      expect(warnings).toEqual([]);
    },
  );

  it.each([0, 0xffffffff, 0x7fffffff])('whose header says a length of %i is read to its end', async (saidDataBytes) => {
    const { recording, channels, warnings } = await read(wav({ saidDataBytes, saidFileBytes: saidDataBytes }));
    expect(recording.durationMs).toBe(1000);
    expect(difference(channels[1]!, RIGHT)).toBeLessThan(1e-4);
    expect(warnings).toEqual([]);
  });

  it('that is cut off is read to its end, and a warning says how much is missing', async () => {
    const { recording, channels, warnings } = await read(wav().subarray(0, 44 + 16_000));
    expect(recording.durationMs).toBe(500);
    expect(channels[0]).toHaveLength(4000);
    expect(warnings).toMatchObject([{ code: 'recording-truncated', startMs: 500 }]);
    expect(warnings[0]!.message).toContain('0.5 s');
  });

  it.each([999, 4_000_000_000])('of %i samples per second is refused in one line', async (rateHz) => {
    await expect(read(wav({ rateHz }))).rejects.toThrow(`its header says ${rateHz} samples per second`);
  });

  it('without any sound has none, also if something follows', async () => {
    const empty = Buffer.concat([wav({ saidDataBytes: 0 }).subarray(0, 44), Buffer.from('LIST\x04\0\0\0INFO')]);
    expect((await read(empty)).recording.durationMs).toBe(0);
  });

  it('is read behind chunks that nobody knows, and before others', async () => {
    const plain = wav();
    const chunk = Buffer.from('junk\x03\0\0\0abc\0');
    const { channels } = await read(Buffer.concat([plain.subarray(0, 36), chunk, plain.subarray(36), chunk]));
    expect(channels[0]).toHaveLength(RATE_HZ);
    expect(difference(channels[0]!, LEFT)).toBeLessThan(1e-4);
  });

  it('gives the blocks of a range', async () => {
    const { startsMs } = await read(wav(), { startMs: 300, endMs: 600 });
    expect(startsMs).toEqual([256, 512]);
  });

  it.each([4000, 6000, 192_000])('of %i Hz is resampled to a rate that the analysis takes', async (rateHz) => {
    const { recording, channels, startsMs } = await read(wav({ rateHz }));
    expect(recording.sampleRateHz).toBe(16_000);
    const samples = (LEFT.length * 16_000) / rateHz;
    expect(channels[0]!.length).toBeCloseTo(samples, -1);
    expect(startsMs).toEqual([...startsMs].sort((a, b) => a - b));
    expect(Math.max(...channels[0]!)).toBeGreaterThan(0.45);
  });
});
