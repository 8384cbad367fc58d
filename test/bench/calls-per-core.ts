import type { Models } from '../../models/index.ts';
import { type CallItem, toFrames } from '../support/e2e/call-script.ts';
import { streamProblems } from '../support/e2e/events.ts';
import { openShippedModels } from '../support/e2e/real-server.ts';
import { runPipeline } from '../support/e2e/run-pipeline.ts';
import { stoppedClock } from '../support/pipeline/stopped-clock.ts';
import type { BenchCall } from './bench-call.ts';
import { type Figure, valueFigure } from './figure.ts';

const SESSIONS = 4;
/** What runs before the measurement: enough for code and graphs to be warm. */
const WARM_UP_MS = 12_000;

/**
 * Calls that one core could follow in real time: media seconds over CPU seconds of all threads, with four sessions at
 * once, each as fast as the analysis goes. Decoded media in, events out: the network has no part in it.
 */
export async function measureCallsPerCore(call: BenchCall): Promise<Figure[]> {
  const models = await openShippedModels();
  try {
    const calls = (value: number) => `${value.toFixed(1)} calls`;
    const kinds = { 'audio + text': call.audioAndText, 'audio + video + text': call.audioVideoAndText };
    const figures: Figure[] = [];
    for (const [name, items] of Object.entries(kinds)) {
      process.stderr.write(`calls per core, ${name} …\n`);
      await analyze(
        models,
        items.filter(({ atMs }) => atMs <= WARM_UP_MS),
      );
      const cpuSeconds = await cpuSecondsOf(() =>
        Promise.all(Array.from({ length: SESSIONS }, () => analyze(models, items))),
      );
      const mediaSeconds = (SESSIONS * call.durationMs) / 1000;
      figures.push(valueFigure(`calls per core in real time, ${name}`, mediaSeconds / cpuSeconds, calls));
    }
    return figures;
  } finally {
    await models.close();
  }
}

async function analyze(models: Models, items: readonly CallItem[]): Promise<void> {
  const dropped: string[] = [];
  // Nothing waits by the wall clock, so that a busy machine gives the same events.
  const events = await runPipeline(toFrames(items), {
    models,
    clock: stoppedClock,
    onDrop: ({ reason }) => dropped.push(reason),
  });
  const problems = [...streamProblems(events), ...dropped];
  if (problems.length > 0) throw new Error(`the measured calls are not whole: ${problems.slice(0, 3).join(', ')}`);
}

async function cpuSecondsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
