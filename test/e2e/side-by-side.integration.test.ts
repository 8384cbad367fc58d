import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EmotionEvent } from '../../client-sdk/index.ts';
import type { Models } from '../../models/index.ts';
import { byArrival, type CallItem, pictureItems, toFrames } from '../support/e2e/call-script.ts';
import { isEmotion, streamProblems } from '../support/e2e/events.ts';
import { sameButForLastDigits } from '../support/e2e/last-digits.ts';
import { openShippedModels } from '../support/e2e/real-server.ts';
import { runPipeline } from '../support/e2e/run-pipeline.ts';
import { AGENT, CUSTOMER, readSampleCall } from '../support/e2e/sample-call.ts';
import { portraitJpeg } from '../support/faces/pictures.ts';
import { stoppedClock } from '../support/pipeline/stopped-clock.ts';

/** The customer's first sentence and the agent's answer, with the silence behind them. */
const UNTIL_MS = 12_500;
/** Half of what a camera sends, so that an utterance still has many faces. */
const PICTURES_PER_SECOND = 3;
/** The models wait this long for company, so that batches form however fast the machine is. */
const BATCH_WAIT_MS = 200;
/** Enough for four utterances of 25 faces. On a CPU the default runs one at a time, as an accelerator would not. */
const MAX_BATCH_COST = 1000;

let models: Models;
let calls: CallItem[][];

beforeAll(async () => {
  const [opened, call] = await Promise.all([
    openShippedModels({ maxWaitMs: BATCH_WAIT_MS, maxBatchCost: MAX_BATCH_COST }),
    readSampleCall(),
  ]);
  models = opened;
  const face = (speaker: typeof CUSTOMER) =>
    pictureItems(speaker, [portraitJpeg()], { untilMs: UNTIL_MS, perSecond: PICTURES_PER_SECOND });
  const items = [...call.audio(UNTIL_MS), ...call.words(0, UNTIL_MS - 1000), ...face(CUSTOMER), ...face(AGENT)];
  // The same moments, but not the same words, and not always all modalities: what shares a batch differs.
  calls = [
    items,
    items.map((item) => (item.kind === 'words' ? { ...item, text: `${item.text} ${item.text}` } : item)),
    items.map((item) => (item.kind === 'words' ? { ...item, text: 'Yes.' } : item)),
    items.filter(({ kind }) => kind !== 'words'),
    items.filter(({ kind }) => kind !== 'picture'),
  ].map(byArrival);
});
afterAll(() => models.close());

const analyze = (call: readonly CallItem[]): Promise<EmotionEvent[]> =>
  runPipeline(toFrames(call), { models, clock: stoppedClock });

it('calls side by side give the same events as each alone, although the models score them in batches', async () => {
  const alone: EmotionEvent[][] = [];
  for (const call of calls) alone.push(await analyze(call));
  const before = models.stats().batchers;
  const together = await Promise.all(calls.map(analyze));
  const after = models.stats().batchers;
  for (const graph of ['text', 'video', 'fusion'] as const) {
    const batches = after[graph].batches - before[graph].batches;
    expect(batches, graph).toBeLessThan(after[graph].items - before[graph].items);
  }
  expect(together).toEqual(sameButForLastDigits(alone));
  for (const events of alone) {
    expect(streamProblems(events)).toEqual([]);
    expect(events.filter(isEmotion).length).toBeGreaterThan(1);
  }
});
