import { describe, expect, it } from 'vitest';
import { LONG_FRAME_SAMPLES } from '../../../../pipeline/features/audio/egemaps/framing.ts';
import { CANDIDATE_COUNT, PitchCandidates } from '../../../../pipeline/features/audio/egemaps/pitch-candidates.ts';
import { PitchPath } from '../../../../pipeline/features/audio/egemaps/pitch-path.ts';
import { wasmKernels } from '../../../../pipeline/features/audio/kernels/wasm-kernels.ts';
import { createPlainKernels } from '../../../support/plain-kernels/plain-kernels.ts';

type Candidate = readonly [hz: number, voicing: number];

function pathThrough(frames: readonly (readonly Candidate[])[]): number[] {
  const path = new PitchPath();
  for (const frame of frames) {
    const hz = new Float64Array(CANDIDATE_COUNT);
    const voicing = new Float64Array(CANDIDATE_COUNT);
    for (const [i, [candidateHz, candidateVoicing]] of frame.entries()) {
      hz[i] = candidateHz;
      voicing[i] = candidateVoicing;
    }
    path.push(hz, voicing);
  }
  const chosen: number[] = [];
  path.trace(0, frames.length, frames.length - 1, {
    set: (frame, hz) => {
      chosen[frame] = Math.round(hz);
    },
  });
  return chosen;
}

const times = (count: number, ...frame: Candidate[]) => Array.from({ length: count }, () => frame);

describe('pitch path', () => {
  it('is voiced where a candidate reaches the cutoff, and unvoiced where none does', () => {
    expect(pathThrough(times(8, [200, 0.71]))).toEqual(Array(8).fill(200));
    expect(pathThrough(times(8, [200, 0.69]))).toEqual(Array(8).fill(0));
  });

  it('keeps to its octave where another candidate is likelier for a moment', () => {
    const frames = [...times(5, [200, 0.9]), ...times(2, [400, 0.95], [201, 0.8]), ...times(5, [200, 0.9])];
    expect(pathThrough(frames)).toEqual([...Array(5).fill(200), 201, 201, ...Array(5).fill(200)]);
  });

  it('leaves out a voiced moment that is too short to pay for two changes', () => {
    const rest = times(6, [200, 0.3]);
    expect(pathThrough([...rest, ...times(1, [200, 0.8]), ...rest])).toEqual(Array(13).fill(0));
    expect(pathThrough([...rest, ...times(4, [200, 0.8]), ...rest]).slice(6, 10)).toEqual(Array(4).fill(200));
  });

  it('prefers the common range of pitch to slightly likelier candidates beyond it', () => {
    expect(pathThrough(times(1, [700, 0.8], [300, 0.79]))).toEqual([300]);
    expect(pathThrough(times(1, [320, 0.8], [300, 0.79]))).toEqual([320]);
  });

  it('takes no pitch from frames without candidates', () => {
    expect(pathThrough(times(5))).toEqual(Array(5).fill(0));
  });
});

describe.each([
  ['in WebAssembly', wasmKernels],
  ['in plain TypeScript', createPlainKernels()],
] as const)('pitch candidates, with kernels %s', (_, kernels) => {
  /** Six harmonics, in a frame of 60 ms. */
  const voice = (pitchHz: number) =>
    Float32Array.from({ length: LONG_FRAME_SAMPLES }, (_, n) =>
      [1, 2, 3, 4, 5, 6].reduce((sum, h) => sum + (0.1 / h) * Math.sin((2 * Math.PI * pitchHz * h * n) / 16_000), 0),
    );
  const candidatesOf = (samples: Float32Array) => {
    const candidates = new PitchCandidates(kernels);
    kernels.samples.set(samples);
    kernels.transformLong(0);
    candidates.analyze();
    return candidates;
  };

  it.each([80, 150, 300, 600])('begin with a pitch of %d Hz', (pitchHz) => {
    const candidates = candidatesOf(voice(pitchHz));
    expect(candidates.hz[0]! / pitchHz).toBeCloseTo(1, 1);
    expect(candidates.voicing[0]).toBe(Math.max(...candidates.voicing));
  });

  it('lie within the range of pitch, and are none in silence', () => {
    const found = candidatesOf(voice(40)).hz.filter((hz) => hz > 0);
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((hz) => hz >= 55 && hz <= 1000)).toBe(true);
    const { hz, voicing } = candidatesOf(new Float32Array(LONG_FRAME_SAMPLES));
    expect([...hz, ...voicing].every((value) => value === 0)).toBe(true);
  });
});
