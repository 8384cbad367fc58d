import { createResampler } from '../../../pipeline/index.ts';
import { STEP_MS } from '../../../server/ingest/file/placement/voice-activity.ts';
import type { Recording } from '../../../server/ingest/file/recording.ts';

export const RATE_HZ = 16_000;
const STEP_SAMPLES = (RATE_HZ * STEP_MS) / 1000;
/** Below this share of a clip's loudest 20 ms, its beginning and its end count as silence. */
const SILENCE = 0.03;
const TRIM_SAMPLES = RATE_HZ / 50;

/** Clips of one or two speakers, one behind the other, and who speaks in each step: 0 nobody, 1 or 2. */
export interface CutCall {
  readonly samples: Float32Array;
  readonly truth: Uint8Array;
}

/** A clip, and the silence before it. */
export interface PlacedClip {
  readonly speaker: 1 | 2;
  readonly samples: Float32Array;
  readonly pauseMs: number;
}

/** Cuts clips together. They are as loud as each other. */
export function cutTogether(clips: readonly PlacedClip[]): CutCall {
  const length = clips.reduce((sum, { samples, pauseMs }) => sum + samples.length + pauseMs * (RATE_HZ / 1000), 0);
  const samples = new Float32Array(length + RATE_HZ);
  const truth = new Uint8Array(Math.ceil(samples.length / STEP_SAMPLES));
  let at = 0;
  for (const { speaker, samples: clip, pauseMs } of clips) {
    at += pauseMs * (RATE_HZ / 1000);
    samples.set(clip, at);
    truth.fill(speaker, Math.round(at / STEP_SAMPLES), Math.round((at + clip.length) / STEP_SAMPLES));
    at += clip.length;
  }
  return { samples, truth };
}

/** Share of the voiced steps that have the right speaker, whichever of the two labels is whose. */
export function shareRight(truth: Uint8Array, voiced: Uint8Array, labelAt: (step: number) => 1 | 2): number {
  let right = 0;
  let all = 0;
  for (const [step, speaker] of truth.entries()) {
    if (speaker === 0 || voiced[step] !== 1) continue;
    all += 1;
    if (labelAt(step) === speaker) right += 1;
  }
  return Math.max(right, all - right) / all;
}

/** A clip's sound at 16 kHz without the silence around it, at a usual level. */
export async function readClip(recording: Recording): Promise<Float32Array> {
  const resampler = createResampler(recording.sampleRateHz, RATE_HZ);
  const parts: Float32Array[] = [];
  for await (const { channels } of recording.audio()) parts.push(resampler.push(channels[0]!));
  parts.push(resampler.flush());
  const samples = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return atLevel(trimmed(samples));
}

function trimmed(samples: Float32Array): Float32Array {
  const levels: number[] = [];
  for (let from = 0; from + TRIM_SAMPLES <= samples.length; from += TRIM_SAMPLES) {
    levels.push(rmsOf(samples.subarray(from, from + TRIM_SAMPLES)));
  }
  const threshold = Math.max(...levels) * SILENCE;
  const first = levels.findIndex((level) => level > threshold);
  const last = levels.findLastIndex((level) => level > threshold);
  return samples.slice(first * TRIM_SAMPLES, (last + 1) * TRIM_SAMPLES);
}

function atLevel(samples: Float32Array): Float32Array {
  const factor = 0.05 / Math.max(1e-6, rmsOf(samples));
  return samples.map((sample) => Math.max(-1, Math.min(1, sample * factor)));
}

function rmsOf(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

/** One channel of sound as a recording. */
export function recordingOf(samples: Float32Array): Recording {
  return {
    durationMs: (samples.length * 1000) / RATE_HZ,
    channelCount: 1,
    sampleRateHz: RATE_HZ,
    hasVideo: false,
    async *audio() {
      for (let from = 0; from < samples.length; from += RATE_HZ) {
        yield {
          kind: 'audio',
          startMs: (from * 1000) / RATE_HZ,
          channels: [samples.slice(from, from + RATE_HZ)],
        };
      }
    },
    async *images() {},
    close() {},
  };
}
