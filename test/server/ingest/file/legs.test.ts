import { describe, expect, it } from 'vitest';
import { joinSamples } from '../../../../pipeline/support/join-samples.ts';
import { joinLegs } from '../../../../server/ingest/file/legs.ts';
import type { Recording } from '../../../../server/ingest/file/recording.ts';
import { parseLegOffsets } from '../../../../server/ingest/file/speakers.ts';
import { recordingOf, voiceOf } from '../../../support/placement/recording-of.ts';

/** The channels of a recording, at 16 kHz. */
async function channelsOf(recording: Recording, range?: { startMs: number; endMs: number }): Promise<Float32Array[]> {
  const parts: Float32Array[][] = Array.from({ length: recording.channelCount }, () => []);
  for await (const { channels } of recording.audio(range)) {
    for (const [index, samples] of channels.entries()) parts[index]!.push(samples);
  }
  return parts.map((samples) => joinSamples(samples));
}

/** Loudest sample of each tenth of a second. */
function peaks(samples: Float32Array): number[] {
  return Array.from({ length: Math.ceil(samples.length / 1600) }, (_, step) =>
    samples.subarray(step * 1600, (step + 1) * 1600).reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0),
  );
}

const loudSteps = (samples: Float32Array) => peaks(samples).flatMap((peak, step) => (peak > 0.4 ? [step] : []));
const steps = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe('the legs of a call', () => {
  it('become one recording with a channel per leg, whatever their rates, lengths and starts', async () => {
    const agent = recordingOf([voiceOf([[0, 1]], 2, 8000)], 8000);
    const customer = recordingOf([voiceOf([[0.5, 1]], 1.5, 44_100), voiceOf([[0.5, 1]], 1.5, 44_100)], 44_100);
    const call = joinLegs([
      { recording: agent, offsetMs: 0 },
      { recording: customer, offsetMs: 1200 },
    ]);
    expect(call).toMatchObject({ durationMs: 2700, channelCount: 2, sampleRateHz: 16_000, hasVideo: false });
    const [first, second] = await channelsOf(call);
    expect([first!.length, second!.length]).toEqual([2.7 * 16_000, 2.7 * 16_000]);
    expect(loudSteps(first!)).toEqual(steps(0, 10));
    expect(loudSteps(second!)).toEqual(steps(17, 22));
  });

  it('keep their gaps as silence', async () => {
    const whole = recordingOf([voiceOf([[0, 2]], 2, 16_000)], 16_000);
    const gapped: Recording = {
      ...whole,
      async *audio() {
        for await (const block of whole.audio()) {
          if (block.startMs < 500 || block.startMs > 1040) yield block;
        }
      },
    };
    const [samples] = await channelsOf(joinLegs([{ recording: gapped, offsetMs: 0 }]));
    expect(samples).toHaveLength(32_000);
    const loud = loudSteps(samples!);
    expect(loud).not.toContain(7);
    expect(loud).toEqual(expect.arrayContaining([0, 3, 12, 19]));
  });

  it('give a range of the call, and nothing of a leg without sound', async () => {
    const silent = recordingOf([], 16_000);
    const call = joinLegs([
      { recording: recordingOf([voiceOf([[0, 1]], 3, 16_000)], 16_000), offsetMs: 0 },
      { recording: silent, offsetMs: 0 },
    ]);
    const [first, second] = await channelsOf(call, { startMs: 1000, endMs: 2000 });
    expect(first).toHaveLength(16_000);
    expect(loudSteps(first!)).toEqual([]);
    expect(Math.max(...second!)).toBe(0);
  });

  it('begin at 0 unless an offset in seconds says when', () => {
    expect(parseLegOffsets(undefined, 2)).toEqual([0, 0]);
    expect(parseLegOffsets('0,1.25', 2)).toEqual([0, 1250]);
    expect(parseLegOffsets('1', 2)).toEqual([1000, 0]);
    for (const bad of ['x', '', '-1', '0,,1', '1e9'])
      expect(() => parseLegOffsets(bad, 3)).toThrowError(/list of seconds/);
    expect(() => parseLegOffsets('0,1,2', 2)).toThrowError(/3 entries, but there are 2 files/);
  });
});
