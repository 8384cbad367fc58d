import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import type { Participant } from '../../../client-sdk/index.ts';
import { createResampler } from '../../../pipeline/index.ts';
import { openRecording, type Recording } from '../../../server/ingest/file/recording.ts';
import { parseTranscript } from '../../../server/ingest/file/transcript/parse-transcript.ts';
import { audioItems, type CallItem } from './call-script.ts';

export const SAMPLE_CALL_FILE = fileURLToPath(new URL('../../../server/sample-call/sample-call.webm', import.meta.url));
export const SAMPLE_CALL_TRANSCRIPT = SAMPLE_CALL_FILE.replace(/webm$/, 'vtt');

export const CUSTOMER: Participant = { id: 'customer', role: 'customer', displayName: 'Customer' };
export const AGENT: Participant = { id: 'agent', role: 'agent', displayName: 'Agent' };

type Pair = readonly [Float32Array, Float32Array];

/** The bundled two-speaker call, decoded. */
export interface SampleCall {
  readonly durationMs: number;
  readonly sampleRateHz: number;
  /** The voices of the customer and the agent, mono each and of the same length. */
  readonly voices: Pair;
  /** The voices as packets of 20 ms, up to `untilMs` (default: all). */
  audio(untilMs?: number): CallItem[];
  /**
   * The words of both speakers that are spoken up to `untilMs` (default: all). Each cue is sent `delayMs` after its
   * last word.
   */
  words(delayMs: number, untilMs?: number): CallItem[];
}

/** The decoded recording. All test files of a process share it. */
let decoded: Promise<{ readonly voices: Pair; readonly rateHz: number }> | undefined;
/** The resampled voices, by rate. */
const resampled = new Map<number, Pair>();

/**
 * Nobody may write into the samples: all tests of a process share them.
 *
 * @param rateHz - sample rate of the voices. Default: the recording's own, 48 kHz.
 */
export async function readSampleCall(rateHz?: number): Promise<SampleCall> {
  decoded ??= decode();
  const recording = await decoded;
  const cues = parseTranscript(await readFile(SAMPLE_CALL_TRANSCRIPT, 'utf8'), { path: 'sample-call.vtt' });
  const sampleRateHz = rateHz ?? recording.rateHz;
  const [customer, agent] = recording.voices;
  const toRate = (voice: Float32Array) => resample(voice, recording.rateHz, sampleRateHz);
  const voices = resampled.get(sampleRateHz) ?? [toRate(customer), toRate(agent)];
  resampled.set(sampleRateHz, voices);
  const { length } = voices[0];

  return {
    durationMs: (length * 1000) / sampleRateHz,
    sampleRateHz,
    voices,
    audio(untilMs = Number.POSITIVE_INFINITY) {
      const end = Math.min(length, (untilMs * sampleRateHz) / 1000);
      return [CUSTOMER, AGENT].flatMap((speaker, index) =>
        audioItems(speaker, voices[index]!.subarray(0, end), sampleRateHz),
      );
    },
    words: (delayMs, untilMs = Number.POSITIVE_INFINITY) =>
      cues
        .filter((cue) => cue.endMs <= untilMs)
        .map(({ startMs, endMs, text, speaker }, index) => ({
          kind: 'words',
          speaker: speaker === 'Agent' ? AGENT : CUSTOMER,
          atMs: endMs + delayMs,
          segmentId: `cue-${index}`,
          startMs,
          endMs,
          text,
        })),
  };
}

async function decode() {
  const recording = await openRecording(SAMPLE_CALL_FILE);
  try {
    return { voices: await readVoices(recording), rateHz: recording.sampleRateHz };
  } finally {
    recording.close();
  }
}

async function readVoices(recording: Recording): Promise<Pair> {
  const capacity = Math.ceil(((recording.durationMs + 1000) * recording.sampleRateHz) / 1000);
  const voices: Pair = [new Float32Array(capacity), new Float32Array(capacity)];
  let length = 0;
  for await (const { channels } of recording.audio()) {
    for (const [index, voice] of voices.entries()) voice.set(channels[index]!, length);
    length += channels[0]!.length;
  }
  return [voices[0].subarray(0, length), voices[1].subarray(0, length)];
}

/** Resamples the whole voice at once before the call, so that this is not part of what is measured later. */
function resample(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  if (fromHz === toHz) return samples;
  const resampler = createResampler(fromHz, toHz);
  const parts = [resampler.push(samples).slice(), resampler.flush().slice()];
  const resampled = new Float32Array(parts[0]!.length + parts[1]!.length);
  resampled.set(parts[0]!);
  resampled.set(parts[1]!, parts[0]!.length);
  return resampled;
}

/**
 * The pictures of the bundled call as JPEG, as a browser sends them.
 *
 * @param count - of the first pictures. Default: all.
 */
export async function readSamplePictures(count = Number.POSITIVE_INFINITY): Promise<Uint8Array[]> {
  const recording = await openRecording(SAMPLE_CALL_FILE);
  const jpegs: Uint8Array[] = [];
  for await (const { image } of recording.images()) {
    if (jpegs.length === count) break;
    if (image.encoding !== 'rgb24') throw new TypeError('a recording gives raw pictures');
    const raw = { width: image.widthPx, height: image.heightPx, channels: 3 } as const;
    jpegs.push(await sharp(image.bytes, { raw }).jpeg({ quality: 80 }).toBuffer());
  }
  recording.close();
  return jpegs;
}
