import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { audioItems, toFrames } from '../support/e2e/call-script.ts';
import { isEmotion } from '../support/e2e/events.ts';
import { sharedModels } from '../support/e2e/real-server.ts';
import { runPipeline } from '../support/e2e/run-pipeline.ts';
import { CUSTOMER } from '../support/e2e/sample-call.ts';
import { speechRangeMs } from '../support/e2e/speech-range.ts';
import { hasRavdess, RAVDESS_FOLDER, readSamples } from '../support/ravdess.ts';

if (!hasRavdess) console.warn(`SKIPPED: utterances of acted speech, because there is no ${RAVDESS_FOLDER}`);

const SAMPLE_RATE_HZ = 16_000;
const PAUSE_MS = 1200;
const TOLERANCE_MS = 200;

/** Ten clips of ten actors and every emotion. Actors 21 to 24 are kept for the published figures. */
function chooseClips(): string[] {
  const clips = readdirSync(RAVDESS_FOLDER).filter((name) => name.endsWith('.flac'));
  return Array.from({ length: 10 }, (_, index) => {
    const emotion = String(1 + (index % 8)).padStart(2, '0');
    const actor = String(1 + 2 * index).padStart(2, '0');
    return clips.find((name) => name.startsWith(`03-01-${emotion}-01-`) && name.endsWith(`-${actor}.flac`))!;
  });
}

it.skipIf(!hasRavdess)(
  'ten clips with pauses of 1.2 s between them are ten utterances, each where its speech is',
  async () => {
    const clips = await Promise.all(chooseClips().map((name) => readSamples(RAVDESS_FOLDER + name)));
    const pause = new Float32Array((PAUSE_MS * SAMPLE_RATE_HZ) / 1000);
    const spoken: { startMs: number; endMs: number }[] = [];
    const joined: number[] = [...pause];
    for (const clip of clips) {
      const offsetMs = (joined.length * 1000) / SAMPLE_RATE_HZ;
      const { startMs, endMs } = speechRangeMs(clip, SAMPLE_RATE_HZ);
      spoken.push({ startMs: offsetMs + startMs, endMs: offsetMs + endMs });
      joined.push(...clip, ...pause);
    }

    const models = await sharedModels();
    const items = audioItems(CUSTOMER, Float32Array.from(joined), SAMPLE_RATE_HZ);
    const utterances = (await runPipeline(toFrames(items), { models })).filter(isEmotion);

    expect(utterances).toHaveLength(10);
    const offsetsMs = utterances.map(({ startMs, endMs }, index) => [
      startMs - spoken[index]!.startMs,
      endMs - spoken[index]!.endMs,
    ]);
    for (const offsetMs of offsetsMs.flat())
      expect(Math.abs(offsetMs), JSON.stringify(offsetsMs)).toBeLessThan(TOLERANCE_MS);
  },
);
