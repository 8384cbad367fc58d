import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openRecording } from '../../../../server/ingest/file/recording.ts';
import { RecordingError } from '../../../../server/ingest/file/recording-error.ts';
import { seededRandom } from '../../../support/e2e/seeded-random.ts';
import { mutateBytes } from '../../../support/fuzz/mutate.ts';
import { temporaryFolder } from '../../../support/recordings.ts';

/** Mutations of each file. `UNDERTONE_FUZZ_ROUNDS=12500` tries 100,000 files in all. */
const ROUNDS = Number(process.env.UNDERTONE_FUZZ_ROUNDS ?? 4);
const FILES = [
  'tones.wav',
  'tones.flac',
  'tones.mp3',
  'tones.opus.ogg',
  'tones.vorbis.ogg',
  'tones.m4a',
  'film.baseline.mp4',
  'call.vp8-opus.webm',
];

/** Reads a whole recording. Null, or why it cannot be read. */
async function problemOf(path: string): Promise<unknown> {
  try {
    const recording = await openRecording(path);
    try {
      for await (const { startMs, channels } of recording.audio()) {
        if (!(startMs >= 0) || channels.length !== recording.channelCount) throw new Error('a block is out of shape');
      }
      for await (const { startMs } of recording.images()) if (!(startMs >= 0)) throw new Error('a picture has no time');
    } finally {
      recording.close();
    }
    return null;
  } catch (error) {
    return error;
  }
}

describe('recordings that are damaged anywhere', { timeout: 60_000 + ROUNDS * FILES.length * 5000 }, () => {
  it.each(FILES)('are read or refused in one line: %s', async (file) => {
    const bytes = readFileSync(fileURLToPath(new URL(`../../../fixtures/media/${file}`, import.meta.url)));
    const path = join(temporaryFolder(), file);
    const random = seededRandom(FILES.indexOf(file) + 1);
    for (let round = 0; round < ROUNDS; round++) {
      writeFileSync(path, mutateBytes(bytes, random));
      const problem = await problemOf(path);
      if (problem === null) continue;
      expect(problem, `round ${round}: ${String((problem as Error).stack)}`).toBeInstanceOf(RecordingError);
      expect((problem as Error).message).not.toContain('\n');
    }
  });
});
