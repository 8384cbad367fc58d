import { createEmotionClient, type SessionPublisher, type UtteranceEmotion } from '../../client-sdk/index.ts';
import { type CallItem, PACKET_MS } from '../support/e2e/call-script.ts';
import { isEmotion } from '../support/e2e/events.ts';
import { publishCall } from '../support/e2e/publish-call.ts';
import { type Figure, latencyFigure, valueFigure } from './figure.ts';
import { startServerProcess } from './server-process.ts';

const FIRST_TARGET_MS = 250;
const REVISION_TARGET_MS = 150;
const EVENT_LOOP_TARGET_MS = 20;

/** An event, and when the subscriber had it. */
interface Seen {
  readonly event: UtteranceEmotion;
  readonly atMs: number;
}

/** Publishes `items` in real time to a server process, `passes` times, and reads along. */
export async function measureLiveCall(items: readonly CallItem[], passes: number): Promise<Figure[]> {
  await using server = await startServerProcess();
  const before = await server.metrics();
  const startMs = performance.now();
  const latencies = {
    first: [] as number[],
    firstSeen: [] as number[],
    later: [] as number[],
    laterSeen: [] as number[],
  };
  for (let pass = 1; pass <= passes; pass += 1) {
    process.stderr.write(`a live call, in real time: ${pass} of ${passes} …\n`);
    const { sent, seen } = await publishAndRead(server.url, items);
    for (const { event, atMs } of seen) {
      const { participant, revision, endMs, latencyMs, transcript } = event;
      if (revision === 0) {
        latencies.first.push(latencyMs);
        latencies.firstSeen.push(atMs - sent.voice.get(packetKey(participant.id, endMs - 1))!);
      } else {
        latencies.later.push(latencyMs);
        latencies.laterSeen.push(atMs - sent.words.get(transcript!.text)!);
      }
    }
  }
  const seconds = (performance.now() - startMs) / 1000;
  const after = await server.metrics();
  const cpuSeconds = after('process_cpu_seconds_total') - before('process_cpu_seconds_total');
  const percent = (value: number) => `${value.toFixed(0)} %`;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  return [
    latencyFigure('first score: end decided → event, p50 / p95', latencies.first, FIRST_TARGET_MS),
    latencyFigure('first score: last voice sent → subscriber, p50 / p95', latencies.firstSeen),
    latencyFigure('words: arrived → revised event, p50 / p95', latencies.later, REVISION_TARGET_MS),
    latencyFigure('words: sent → subscriber, p50 / p95', latencies.laterSeen),
    valueFigure('event-loop delay of the server, p99', after('nodejs_eventloop_lag_p99_seconds') * 1000, ms, {
      atMost: EVENT_LOOP_TARGET_MS,
    }),
    valueFigure('CPU of the server, of one core', (100 * cpuSeconds) / seconds, percent),
    valueFigure(
      'memory of the server',
      after('process_resident_memory_bytes') / 2 ** 20,
      (mib) => `${mib.toFixed(0)} MiB`,
    ),
  ];
}

const packetKey = (participantId: string, ms: number) => `${participantId} ${Math.floor(ms / PACKET_MS)}`;

async function publishAndRead(url: string, items: readonly CallItem[]) {
  const sent = { voice: new Map<string, number>(), words: new Map<string, number>() };
  const seen: Seen[] = [];
  const opened = Promise.withResolvers<SessionPublisher>();
  const published = publishCall({
    url,
    items,
    onOpen: opened.resolve,
    onSent(item) {
      if (item.kind === 'audio') sent.voice.set(packetKey(item.speaker.id, item.startMs), performance.now());
      else if (item.kind === 'words') sent.words.set(item.text, performance.now());
    },
  });
  const { sessionId } = await Promise.race([opened.promise, published]);
  const read = async () => {
    for await (const event of createEmotionClient({ url }).events(sessionId)) {
      if (event.type === 'utterance.failed') throw new Error(`an utterance failed: ${event.code}`);
      if (isEmotion(event)) seen.push({ event, atMs: performance.now() });
    }
  };
  await Promise.all([read(), published]);
  return { sent, seen };
}
