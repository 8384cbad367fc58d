import { beforeAll, describe, expect, it } from 'vitest';
import type { Models } from '../../models/index.ts';
import { byArrival, type CallItem, pictureItems, toFrames } from '../support/e2e/call-script.ts';
import { isEmotion, streamProblems } from '../support/e2e/events.ts';
import { sharedModels } from '../support/e2e/real-server.ts';
import { runPipeline } from '../support/e2e/run-pipeline.ts';
import { AGENT, CUSTOMER, readSampleCall } from '../support/e2e/sample-call.ts';
import { seededRandom } from '../support/e2e/seeded-random.ts';
import { portraitJpeg } from '../support/faces/pictures.ts';
import { stoppedClock } from '../support/pipeline/stopped-clock.ts';

const UNTIL_MS = 17_000;
/** Most that an item is held up on its way, ms; the pipeline's jitter budget is 200. */
const MAX_DELAY_MS = 190;

/** The order in which items arrive when each is held up for a while of its own. */
function delayed(items: readonly CallItem[], seed: number): CallItem[] {
  const random = seededRandom(seed);
  return byArrival(items.map((item) => ({ ...item, atMs: item.atMs + random() * MAX_DELAY_MS })));
}

describe('the same call over networks that reorder', () => {
  let models: Models;
  let items: CallItem[];
  let expected: string;

  beforeAll(async () => {
    const [opened, call] = await Promise.all([sharedModels(), readSampleCall()]);
    models = opened;
    items = [
      ...call.audio(UNTIL_MS),
      ...call.words(0, UNTIL_MS - 500),
      ...pictureItems(CUSTOMER, [portraitJpeg()], { untilMs: UNTIL_MS }),
      ...pictureItems(AGENT, [portraitJpeg()], { untilMs: UNTIL_MS, perSecond: 5 }),
    ];
    expected = await analyze(byArrival(items));
  });

  async function analyze(arriving: readonly CallItem[]): Promise<string> {
    const events = await runPipeline(toFrames(arriving), { models, clock: stoppedClock });
    expect(streamProblems(events)).toEqual([]);
    return events.map((event) => `${JSON.stringify(event)}\n`).join('');
  }

  it('is heard, seen and read when it arrives in order', () => {
    const utterances = expected
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(isEmotion);
    expect(utterances).toHaveLength(3);
    for (const { modalities } of utterances) {
      for (const { state, contribution } of Object.values(modalities)) {
        expect(state).toBe('ok');
        expect(contribution).toBeGreaterThan(0);
      }
    }
  });

  it.each([1, 2, 3, 4])('gives the same bytes in arrival order %i', async (seed) => {
    const arriving = delayed(items, seed);
    const moved = arriving.filter((item, index) => item.startMs < (arriving[index - 1]?.startMs ?? 0));
    expect(moved.length).toBeGreaterThan(items.length / 4);
    expect(await analyze(arriving)).toBe(expected);
  });
});
