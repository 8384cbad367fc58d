import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../pipeline/index.ts';
import type { RunRecord } from '../../../server/history/history-store.ts';
import { HistoryWriter, type KeptRun } from '../../../server/history/history-writer.ts';
import type { SqliteHistory } from '../../../server/history/sqlite/sqlite-history.ts';
import { type Figure, latencyFigure, valueFigure } from '../figure.ts';
import type { SyntheticCalls } from './synthetic-calls.ts';

/** Most that storing may add to an event, in ms. */
const TARGET_MS = 5;

/**
 * What storing costs an event: the time until subscribers get it, and the processor time of all threads.
 *
 * @param perSecond - events per second.
 */
export async function measureLogging(
  store: SqliteHistory,
  calls: SyntheticCalls,
  perSecond: number,
  seconds: number,
): Promise<Figure[]> {
  const writer = new HistoryWriter({
    store,
    tellsWhenSafe: true,
    clock: systemClock,
    meter: { historyStored: () => {}, historyDropped: () => {} },
    onLost(error) {
      throw error;
    },
  });
  const latenciesMs: number[] = [];
  const toTell = perSecond * seconds;
  // One batch per call, all calls at once, so that events of many sessions are mixed.
  const batches = Array.from({ length: Math.ceil(toTell / 100) }, () => calls.next());
  const lanes = batches.map(({ runs, events }) => ({ run: new LiveRun(runs[0]!, latenciesMs), events }));
  const [idleCpu, idleFromMs] = [process.cpuUsage(), performance.now()];
  await sleep(1000);
  const idleShare = cpuMs(idleCpu) / (performance.now() - idleFromMs);
  const [cpu, fromMs] = [process.cpuUsage(), performance.now()];
  for (let told = 0; told < toTell; told += 1) {
    const { run, events } = lanes[told % lanes.length]!;
    const dueMs = fromMs + (told * 1000) / perSecond;
    if (dueMs > performance.now()) await sleep(dueMs - performance.now());
    run.add(writer, events[Math.floor(told / lanes.length)]!);
  }
  await writer.flushed();
  const elapsedMs = performance.now() - fromMs;
  const costMs = (cpuMs(cpu) - idleShare * elapsedMs) / toTell;
  const name = `${perSecond} events/s`;
  return [
    latencyFigure(`until subscribers get an event, ${name}`, latenciesMs, TARGET_MS),
    valueFigure(`processor time per event, ${name}`, costMs, (ms) => `${ms.toFixed(3)} ms`),
  ];
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

/** A run that notes how long each of its events waited. */
class LiveRun implements KeptRun {
  readonly name;
  readonly #record: RunRecord;
  readonly #latenciesMs: number[];
  readonly #addedMs: number[] = [];
  #told = 0;

  constructor(record: RunRecord, latenciesMs: number[]) {
    this.#record = { ...record, state: 'live', endedAtMs: null, endReason: null };
    this.#latenciesMs = latenciesMs;
    this.name = { sessionId: record.sessionId, epoch: record.epoch };
  }

  add(writer: HistoryWriter, { sequence, json }: { readonly sequence: number; readonly json: Uint8Array }): void {
    this.#addedMs.push(performance.now());
    const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
    writer.add(this, { sequence, type: 'utterance.emotion', role: 'customer', json: bytes, streamed: bytes });
  }

  record(): RunRecord {
    return { ...this.#record, lastSequence: this.#addedMs.length };
  }

  tell(sequence: number): void {
    const now = performance.now();
    for (; this.#told < sequence; this.#told += 1) this.#latenciesMs.push(now - this.#addedMs[this.#told]!);
  }
}
