import type { Recording } from '../../../server/ingest/file/recording.ts';
import type { Span } from './survey.ts';

/** Blocks have this length, so that they do not fall together with the steps of a survey. */
const BLOCK_MS = 130;

/** A recording in memory that has these channels. */
export function recordingOf(channels: readonly Float32Array[], sampleRateHz: number): Recording {
  const length = channels[0]?.length ?? 0;
  const blockSamples = Math.round((sampleRateHz * BLOCK_MS) / 1000);
  return {
    durationMs: (length / sampleRateHz) * 1000,
    channelCount: channels.length,
    sampleRateHz,
    hasVideo: false,
    async *audio() {
      for (let from = 0; from < length; from += blockSamples) {
        const block = channels.map((samples) => samples.slice(from, from + blockSamples));
        yield { kind: 'audio', startMs: (from / sampleRateHz) * 1000, channels: block };
      }
    },
    async *images() {},
    close: () => {},
  };
}

/** A tone where somebody speaks, else silence. */
export function voiceOf(spans: readonly Span[], seconds: number, sampleRateHz: number, amplitude = 0.5): Float32Array {
  const samples = new Float32Array(Math.round(seconds * sampleRateHz));
  for (const [fromS, toS] of spans) {
    const end = Math.min(samples.length, Math.round(toS * sampleRateHz));
    for (let i = Math.round(fromS * sampleRateHz); i < end; i++) {
      samples[i] = amplitude * Math.sin((2 * Math.PI * 200 * i) / sampleRateHz);
    }
  }
  return samples;
}
