import { createResampler, type Resampler, SAMPLE_RATE_HZ } from '../../../pipeline/index.ts';
import type { MediaRange, RecordedAudio, Recording } from './recording.ts';

/** Rates that the pipeline takes, in Hz. */
const LOWEST_RATE_HZ = 8000;
const HIGHEST_RATE_HZ = 96_000;
/** Rates that can be resampled, in Hz. */
const LOWEST_READABLE_HZ = 1000;
const HIGHEST_READABLE_HZ = 768_000;
/** A block that starts so far from the end of the one before, in ms, does not continue it. */
const SLIP_MS = 20;

/** Whether sound of this rate can be analyzed. */
export function isReadableRate(rateHz: number): boolean {
  return rateHz >= LOWEST_READABLE_HZ && rateHz <= HIGHEST_READABLE_HZ;
}

/** The recording itself, or the same with its sound resampled if its rate is one that the pipeline does not take. */
export function atUsableRate(recording: Recording): Recording {
  const { sampleRateHz, channelCount } = recording;
  const isUsable = Number.isInteger(sampleRateHz) && sampleRateHz >= LOWEST_RATE_HZ && sampleRateHz <= HIGHEST_RATE_HZ;
  if (isUsable || channelCount === 0) return recording;
  return {
    ...recording,
    sampleRateHz: SAMPLE_RATE_HZ,
    audio: (range?: MediaRange) => resampled(recording.audio(range), Math.round(sampleRateHz), channelCount),
  };
}

async function* resampled(
  blocks: AsyncIterable<RecordedAudio>,
  fromHz: number,
  channelCount: number,
): AsyncGenerator<RecordedAudio> {
  const resamplers: Resampler[] = Array.from({ length: channelCount }, () => createResampler(fromHz, SAMPLE_RATE_HZ));
  let originMs = 0;
  let input = 0;
  let output = 0;
  const taken = (channels: readonly Float32Array[]): RecordedAudio[] => {
    const startMs = originMs + (output * 1000) / SAMPLE_RATE_HZ;
    output += channels[0]!.length;
    return channels[0]!.length === 0 ? [] : [{ kind: 'audio', startMs, channels }];
  };
  for await (const { startMs, channels } of blocks) {
    if (Math.abs(startMs - (originMs + (input * 1000) / fromHz)) > SLIP_MS) {
      yield* taken(resamplers.map((resampler) => resampler.flush()));
      [originMs, input, output] = [startMs, 0, 0];
    }
    input += channels[0]!.length;
    yield* taken(resamplers.map((resampler, index) => resampler.push(channels[index]!)));
  }
  yield* taken(resamplers.map((resampler) => resampler.flush()));
}
