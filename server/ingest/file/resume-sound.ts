import type { Warn } from './analysis-warning.ts';
import { openForeignRecording } from './formats/open-foreign-recording.ts';
import type { MediaRange, RecordedAudio, Recording } from './recording.ts';
import { RecordingError } from './recording-error.ts';

/** Sound that ends so long before the recording does may have been cut short by damage, ms. */
const SHORT_MS = 500;
/** Damage that is told so close to the end of the sound may be what ended it, ms. */
const NEAR_END_MS = 1000;

/**
 * Opens a recording whose sound goes on behind damage that its reader finds no way past. Where the sound seems to end too
 * early, FFmpeg is asked for the rest.
 *
 * @param open - opens the recording with the function that takes its warnings.
 */
export async function openResumable(
  path: string,
  warn: Warn,
  open: (warn: Warn) => Promise<Recording>,
): Promise<Recording> {
  let damageEndMs = Number.NEGATIVE_INFINITY;
  const recording = await open((warning) => {
    if (warning.code === 'audio-damaged') damageEndMs = warning.endMs ?? 0;
    warn(warning);
  });
  const { channelCount, sampleRateHz, durationMs } = recording;

  async function* audio(range?: MediaRange): AsyncGenerator<RecordedAudio> {
    let endMs = range?.startMs ?? 0;
    for await (const block of recording.audio(range)) {
      endMs = Math.max(endMs, block.startMs + (block.channels[0]!.length * 1000) / sampleRateHz);
      yield block;
    }
    const lastMs = Math.min(durationMs, range?.endMs ?? Number.POSITIVE_INFINITY);
    const isKnown = damageEndMs > endMs - NEAR_END_MS;
    if (!isKnown && endMs > lastMs - SHORT_MS) return;
    yield* rest(endMs, range?.endMs ?? Number.POSITIVE_INFINITY, isKnown);
  }

  async function* rest(fromMs: number, toMs: number, isKnown: boolean): AsyncGenerator<RecordedAudio> {
    let foreign: Recording | null = null;
    let isTold = isKnown;
    try {
      foreign = await openForeignRecording(path);
      if (foreign.channelCount !== channelCount || foreign.sampleRateHz !== sampleRateHz) return;
      for await (const block of foreign.audio({ startMs: fromMs, endMs: toMs })) {
        if (block.startMs < fromMs) continue;
        if (!isTold) {
          const message = 'the sound is damaged in one place; what was there is missing from the analysis';
          warn({ code: 'audio-damaged', message, startMs: Math.round(fromMs), endMs: Math.round(block.startMs) });
        }
        isTold = true;
        yield block;
      }
    } catch (error) {
      // Then there is no rest: what the reader found is what the recording has.
      if (!(error instanceof RecordingError)) throw error;
    } finally {
      foreign?.close();
    }
  }

  return channelCount === 0 ? recording : { ...recording, audio };
}
