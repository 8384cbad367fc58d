import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmotionClient, type EmotionEvent, type UtteranceFailed } from '../../../client-sdk/index.ts';
import type { AnalysisShards } from '../../../server/analysis/analysis-shards.ts';
import type { ShardData } from '../../../server/analysis/shard-messages.ts';
import { configSchema } from '../../../server/config/config-schema.ts';
import { createServer, type UndertoneServer } from '../../../server/create-server.ts';
import type { Death } from '../../support/breakage/mortal-shard-thread.ts';
import { collect, isEmotion, streamProblems } from '../../support/e2e/events.ts';
import { openShippedShards } from '../../support/e2e/real-server.ts';
import { readSpeech } from '../../support/models/speech.ts';
import { Publisher } from '../../support/server/peers.ts';
import { PATIENT } from '../../support/server/test-server.ts';

const DEATHS: readonly Death[] = ['throws', 'exits'];
const PACKET_MS = 20;
const PACKET_SAMPLES = 320;

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

/** Somebody who talks until `done`. Resolves after the session has ended. */
async function talk(sessionId: string, done: Promise<unknown>): Promise<void> {
  const publisher = await new Publisher(server.url.replace('http', 'ws')).start(sessionId);
  const speech = readSpeech();
  let isDone = false;
  const stop = (): void => {
    isDone = true;
  };
  done.then(stop, stop);
  for (let startMs = 0; !isDone; startMs += PACKET_MS) {
    const from = (startMs * 16) % (speech.length - PACKET_SAMPLES);
    publisher.sendAudio(startMs, toPcm(speech.subarray(from, from + PACKET_SAMPLES)));
    await sleep(PACKET_MS / 2);
  }
  publisher.send({ type: 'session.end' });
  await publisher.closed;
}

/** Ends the session's thread in the next way each time an utterance begins. Resolves when one begins after that. */
async function strike(sessionId: string): Promise<void> {
  const left = [...DEATHS];
  for await (const event of createEmotionClient({ url: server.url }).events(sessionId)) {
    if (event.type !== 'utterance.started') continue;
    const death = left.shift();
    if (death === undefined) return;
    // The first session is at the first thread, and a new thread is the last one.
    (left.length === DEATHS.length - 1 ? threads[0] : threads.at(-1))!.postMessage(death);
  }
  throw new Error('the session ended first');
}

beforeAll(async () => {
  shards = await openShippedShards({ threads: 2, startThread, log: (line) => lines.push(line) });
  server = createServer({
    config: { ...configSchema.parse({}), port: 0, ...PATIENT },
    models: shards,
    logger: pino({ level: 'debug' }, { write: (line: string) => lines.push(line) }),
  });
  await server.listen();
  const opened = Promise.withResolvers<unknown>();
  const first = talk('struck', opened.promise);
  while (server.sessions.get('struck') === undefined) await sleep(5);
  const struckTwice = strike('struck');
  struckTwice.then(opened.resolve, opened.reject);
  await Promise.all([struckTwice, first, talk('beside', struckTwice)]);
  const client = createEmotionClient({ url: server.url });
  [struck, beside] = await Promise.all([collect(client.events('struck')), collect(client.events('beside'))]);
  metrics = await (await fetch(`${server.url}/metrics`)).text();
});
afterAll(async () => {
  await server?.close();
  await shards?.close();
});

/** Values of the metrics with this name and these labels. */
const valuesOf = (name: string) =>
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
    expect(scored.length).toBeGreaterThan(0);
    expect(scored[0]!.startMs).toBeGreaterThanOrEqual(failures().at(-1)!.startMs);
    expect(struck.at(-1)).toMatchObject({
      type: 'session.ended',
      reason: 'completed',
      utteranceCount: failures().length + scored.length,
      durationMs: server.sessions.get('struck')!.newestFrameMs + PACKET_MS,
    });
  });

  it('costs a session of another thread nothing', () => {
    expect(streamProblems(beside)).toEqual([]);
    expect(beside.filter(isEmotion).length).toBeGreaterThan(0);
  });

  it('is counted, and logged with the cause', () => {
    expect(valuesOf('analysis_restarts_total')).toEqual([String(DEATHS.length)]);
    expect(valuesOf('utterance_failures_total{stage="features",reason="analysis-lost"}')).toEqual([
      String(DEATHS.length),
    ]);
    const text = lines.join('\n');
    expect(text).toContain('An analysis thread stopped (TypeError: no such lane');
    expect(text).toContain('An analysis thread stopped (Error: it ended with code 7)');
  });

  it('holds no memory of the lost analyses', () => {
    for (const kind of ['audio', 'pictures', 'words', 'features', 'waiting']) {
      expect(valuesOf(`memory_held_bytes{kind="${kind}"}`)).toEqual(['0']);
    }
  });
});

function toPcm(samples: Float32Array): Buffer {
  const bytes = Buffer.alloc(2 * samples.length);
  for (const [i, sample] of samples.entries()) bytes.writeInt16LE(Math.round(sample * 32_767), 2 * i);
  return bytes;
}
