import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { joinSamples } from '../../pipeline/support/join-samples.ts';
import { openRecording } from '../../server/ingest/file/recording.ts';

/** Folder of acted speech (RAVDESS), 16 kHz mono. It is not part of the project. */
export const RAVDESS_FOLDER = fileURLToPath(new URL('../../../shared/data/ravdess/', import.meta.url));

/** Whether {@link RAVDESS_FOLDER} exists. */
export const hasRavdess = existsSync(RAVDESS_FOLDER);

/** The first channel of a recording at 16 kHz. Throws a RangeError when it has another rate. */
export async function readSamples(path: string): Promise<Float32Array> {
  const recording = await openRecording(path);
  try {
    if (recording.sampleRateHz !== 16_000) throw new RangeError(`${path} has ${recording.sampleRateHz} Hz, not 16000`);
    const parts: Float32Array[] = [];
    for await (const { channels } of recording.audio()) parts.push(channels[0]!);
    return joinSamples(parts);
  } finally {
    recording.close();
  }
}
