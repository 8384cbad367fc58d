// One measurement of `bench-scale.ts`, in a process of its own: prints a JSON line.
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { UtteranceEmotion } from '../../../client-sdk/index.ts';
import { configSchema } from '../../../server/config/config-schema.ts';
import { createServer, type UndertoneServer } from '../../../server/create-server.ts';
import type { Session } from '../../../server/sessions/session.ts';
import { toFrames } from '../../support/e2e/call-script.ts';
import { openShippedModels, openShippedShards } from '../../support/e2e/real-server.ts';
import { readBenchCall } from '../bench-call.ts';
import { nearestRank } from '../statistics.ts';
import type { ScaleFigures, ScaleJob } from './scale-job.ts';

/** What runs before the measurement, so that code and graphs are warm. */
const WARM_UP_MS = 8000;
const TICK_MS = 5;

const job = JSON.parse(process.argv[2] ?? '') as ScaleJob;
const { audioAndText: items } = await readBenchCall();
const models = job.threads === 0 ? await openShippedModels() : await openShippedShards({ threads: job.threads });
const server = createServer({
  config: { ...configSchema.parse({}), maxSessions: 10_000 },
  models,
  logger: pino({ level: 'silent' }),
});
const figures = await (job.kind === 'paced' ? paced(server) : atOnce(server));
process.stdout.write(`${JSON.stringify(figures)}\n`);
await server.close();
await models.close();

/** Calls in real time, each at another moment of the bundled call. */
async function paced({ sessions }: UndertoneServer): Promise<ScaleFigures> {
  const opened = Array.from({ length: job.calls }, () => sessions.open());
  const untilMs = WARM_UP_MS + job.seconds * 1000;
  const calls = opened.map((session, index) => {
    const offsetMs = (index * TICK_MS * 7) % 1000;
    const frames = toFrames(items);
    const tracks = frames.splice(0, frames.length - items.length);
    for (const track of tracks) session.push(track);
    return { session, frames, offsetMs, next: 0 };
  });
  const startMs = performance.now();
  let measured = usage();
  let fromMs = 0;
  let lateMs = 0;
  for (let now = 0; now < untilMs; now = performance.now() - startMs) {
    if (fromMs === 0 && now >= WARM_UP_MS) {
      measured = usage();
      fromMs = now;
    }
    for (const call of calls) {
      while (call.next < items.length && items[call.next]!.atMs + call.offsetMs <= now) {
        lateMs = Math.max(lateMs, now - items[call.next]!.atMs - call.offsetMs);
        call.session.push(call.frames[call.next]!);
        call.next += 1;
      }
    }
    await sleep(TICK_MS);
  }
  const used = since(measured);
  const seconds = (performance.now() - startMs - fromMs) / 1000;
  const perCall = job.calls * seconds;
  for (const session of opened) session.end('completed');
  await Promise.all(opened.map(({ finished }) => finished));
  const latencies = opened.flatMap(latenciesOf);
  return {
    cpuMs: used.allMs / perCall,
    mainMs: used.mainMs / perCall,
    speed: 0,
    latencyMs: nearestRank(latencies, 0.95),
    lateMs,
    residentMib: process.memoryUsage.rss() / 2 ** 20,
  };
}

/** Calls as fast as the analysis goes. */
async function atOnce({ sessions }: UndertoneServer): Promise<ScaleFigures> {
  const whole = async (calls: number, untilMs: number): Promise<void> => {
    const sent = Array.from({ length: calls }, () => sessions.open());
    for (const session of sent) {
      for (const frame of toFrames(items.filter(({ atMs }) => atMs <= untilMs))) {
        session.push(frame);
      }
      session.end('completed');
    }
    await Promise.all(sent.map(({ finished }) => finished));
  };
  await whole(Math.max(2, job.threads), WARM_UP_MS);
  const before = usage();
  const fromMs = performance.now();
  await whole(job.calls, job.seconds * 1000);
  const used = since(before);
  const mediaSeconds = job.calls * job.seconds;
  return {
    cpuMs: used.allMs / mediaSeconds,
    mainMs: used.mainMs / mediaSeconds,
    speed: (1000 * mediaSeconds) / (performance.now() - fromMs),
    latencyMs: 0,
    lateMs: 0,
    residentMib: process.memoryUsage.rss() / 2 ** 20,
  };
}

function latenciesOf({ events }: Session): number[] {
  const latencies: number[] = [];
  for (let sequence = 1; sequence <= events.lastSequence; sequence += 1) {
    const event = events.at(sequence);
    if (event?.type === 'utterance.emotion')
      latencies.push((JSON.parse(event.json.toString()) as UtteranceEmotion).latencyMs);
  }
  return latencies;
}

function usage() {
  const [all, main] = [process.cpuUsage(), process.threadCpuUsage()];
  return { allMs: (all.user + all.system) / 1000, mainMs: (main.user + main.system) / 1000 };
}

function since(before: ReturnType<typeof usage>): ReturnType<typeof usage> {
  const now = usage();
  return { allMs: now.allMs - before.allMs, mainMs: now.mainMs - before.mainMs };
}
