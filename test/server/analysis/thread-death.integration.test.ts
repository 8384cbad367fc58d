import { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmotionClient, type EmotionEvent, type UtteranceFailed } from '../../../client-sdk/index.ts';
import type { AnalysisShards } from '../../../server/analysis/analysis-shards.ts';
import type { ShardData } from '../../../server/analysis/shard-messages.ts';
import { configSchema } from '../../../server/config/config-schema.ts';
import { createServer, type UndertoneServer } from '../../../server/create-server.ts';
import type { Death } from '../../support/breakage/mortal-shard-thread.ts';
import { byArrival } from '../../support/e2e/call-script.ts';
import { collect, isEmotion, streamProblems } from '../../support/e2e/events.ts';
import { publishCall } from '../../support/e2e/publish-call.ts';
import { openShippedShards } from '../../support/e2e/real-server.ts';
import { AGENT, CUSTOMER, readSampleCall } from '../../support/e2e/sample-call.ts';
import { PATIENT } from '../../support/server/test-server.ts';

/** The customer's first sentence, the agent's answer, the customer's second, and the silence behind it. */
const UNTIL_MS = 17_000;
const SPEED = 2;
const DEATHS: readonly Death[] = ['throws', 'exits'];

const threads: Worker[] = [];
const lines: string[] = [];
let shards: AnalysisShards;
let server: UndertoneServer;
let struck: EmotionEvent[];
let beside: EmotionEvent[];
let metrics: string;

function startThread(data: ShardData): Worker {
  const thread = new Worker(new URL('../../support/breakage/mortal-shard-thread.ts', import.meta.url), {
    workerData: data,
    transferList: [data.loan.port],
  });
  threads.push(thread);
  return thread;
}

/** Ends the session's thread in the next way each time an utterance begins. */
async function strike(sessionId: string): Promise<EmotionEvent[]> {
  const left = [...DEATHS];
  const events: EmotionEvent[] = [];
  for await (const event of createEmotionClient({ url: server.url }).events(sessionId)) {
    events.push(event);
    const death = event.type === 'utterance.started' ? left.shift() : undefined;
    // The first thread was started first, and a new one last.
    if (death !== undefined) (left.length === DEATHS.length - 1 ? threads[0] : threads.at(-1))!.postMessage(death);
  }
  return events;
}

beforeAll(async () => {
  const call = await readSampleCall();
  const items = byArrival(call.audio(UNTIL_MS));
  shards = await openShippedShards({ threads: 2, startThread, log: (line) => lines.push(line) });
  server = createServer({
    config: { ...configSchema.parse({}), port: 0, ...PATIENT },
    models: shards,
    logger: pino({ level: 'debug' }, { write: (line: string) => lines.push(line) }),
  });
  await server.listen();
  const opened = Promise.withResolvers<string>();
  const first = publishCall({
    url: server.url,
    items,
    speed: SPEED,
    onOpen: ({ sessionId }) => opened.resolve(sessionId),
  });
  const sessionId = await opened.promise;
  const watched = strike(sessionId);
  const second = await publishCall({ url: server.url, items, speed: SPEED });
  await first;
  [struck, beside] = await Promise.all([
    watched,
    collect(createEmotionClient({ url: server.url }).events(second.sessionId)),
  ]);
  metrics = await (await fetch(`${server.url}/metrics`)).text();
});
afterAll(async () => {
  await server?.close();
  await shards?.close();
});

/** Values of the metrics with this name and these labels. */
const lineOf = (name: string) =>
  metrics.split('\n').flatMap((line) => (line.startsWith(`undertone_${name} `) ? [line.split(' ').at(-1)] : []));
const failures = () => struck.filter((event): event is UtteranceFailed => event.type === 'utterance.failed');

describe('a session whose thread dies twice', () => {
  it('tells of each utterance that was lost, and goes on with the next number in a new thread', () => {
    expect(failures().map(({ code, stage, revision }) => [code, stage, revision])).toEqual(
      DEATHS.map(() => ['analysis-lost', 'features', 0]),
    );
    expect(struck.filter(({ type }) => type === 'session.started')).toHaveLength(1);
    expect(struck.map(({ sequence }) => sequence)).toEqual(struck.map((_, index) => index + 1));
    const begun = struck.flatMap((event) => (event.type === 'utterance.started' ? [event.utteranceId] : []));
    const told = [...failures(), ...struck.filter(isEmotion)].map(({ utteranceId }) => utteranceId);
    expect(told.sort()).toEqual(begun.sort());
  });

  it('has its later utterances scored, and ends as a whole session', () => {
    const scored = struck.filter(isEmotion);
    expect(scored.at(-1)?.participant).toEqual(CUSTOMER);
    expect(scored[0]!.startMs).toBeGreaterThanOrEqual(failures().at(-1)!.startMs);
    expect(struck.at(-1)).toMatchObject({
      type: 'session.ended',
      reason: 'completed',
      utteranceCount: failures().length + scored.length,
    });
    expect(Math.abs((struck.at(-1) as { durationMs: number }).durationMs - UNTIL_MS)).toBeLessThan(100);
  });

  it('costs a session of another thread nothing', () => {
    expect(streamProblems(beside)).toEqual([]);
    expect(beside.filter(isEmotion).map(({ participant }) => participant)).toEqual([CUSTOMER, AGENT, CUSTOMER]);
    expect(beside.filter(({ type }) => type === 'utterance.failed')).toEqual([]);
  });

  it('is counted, and logged with the cause', () => {
    expect(lineOf('analysis_restarts_total')).toEqual([String(DEATHS.length)]);
    expect(lineOf('utterance_failures_total{stage="features",reason="analysis-lost"}')).toEqual([
      String(DEATHS.length),
    ]);
    const text = lines.join('\n');
    expect(text).toContain('An analysis thread stopped (TypeError: no such lane');
    expect(text).toContain('An analysis thread stopped (Error: it ended with code 7)');
  });

  it('holds no memory of the lost analyses', () => {
    for (const kind of ['audio', 'pictures', 'words', 'features', 'waiting']) {
      expect(lineOf(`memory_held_bytes{kind="${kind}"}`)).toEqual(['0']);
    }
  });
});
