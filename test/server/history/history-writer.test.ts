import { describe, expect, it } from 'vitest';
import type { LoggedEvent } from '../../../server/event-log/logged-event.ts';
import { HistoryError } from '../../../server/history/history-error.ts';
import type { HistoryBatch } from '../../../server/history/history-store.ts';
import { HistoryWriter, type KeptRun } from '../../../server/history/history-writer.ts';
import { aRun } from '../../support/history/stored-call.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';

/** A store whose writes end when the test says so. */
class SlowStore {
  readonly batches: HistoryBatch[] = [];
  readonly marks: boolean[] = [];
  #ends: PromiseWithResolvers<void>[] = [];

  write(batch: HistoryBatch): Promise<void> {
    this.batches.push(batch);
    const end = Promise.withResolvers<void>();
    this.#ends.push(end);
    return end.promise;
  }

  async markWhole(isWhole: boolean): Promise<void> {
    this.marks.push(isWhole);
  }

  /** Ends the write that has lasted longest. */
  async finish(error?: HistoryError): Promise<void> {
    const end = this.#ends.shift()!;
    if (error === undefined) end.resolve();
    else end.reject(error);
    await end.promise.catch(() => {});
    await Promise.resolve();
  }
}

function setUp(tellsWhenSafe = true) {
  const clock = new ManualClock();
  const store = new SlowStore();
  const counts = { stored: 0, dropped: {} as Record<string, number> };
  const lost: HistoryError[] = [];
  const behind: boolean[] = [];
  const writer = new HistoryWriter({
    store,
    tellsWhenSafe,
    clock,
    meter: {
      historyStored: (events) => {
        counts.stored += events;
      },
      historyDropped: (reason, events) => {
        counts.dropped[reason] = (counts.dropped[reason] ?? 0) + events;
      },
    },
    onLost: (error) => lost.push(error),
    onBehind: (isBehind) => behind.push(isBehind),
  });
  return { clock, store, writer, counts, lost, behind };
}

/** A run that counts its own events, and notes what it told. */
class Run implements KeptRun {
  readonly name;
  readonly told: number[] = [];
  sequence = 0;

  constructor(sessionId: string) {
    this.name = { sessionId, epoch: `epoch-of-${sessionId}` };
  }

  record() {
    return aRun(this.name.sessionId, { state: 'live', lastSequence: this.sequence });
  }

  tell(sequence: number): void {
    this.told.push(sequence);
  }

  /** The next event, of so many bytes. */
  next(bytes = 10): LoggedEvent {
    this.sequence += 1;
    const json = Buffer.alloc(bytes);
    return { sequence: this.sequence, type: 'utterance.started', role: 'unknown', json, streamed: json };
  }
}

const sequencesOf = ({ events }: HistoryBatch) => events.map(({ sequence }) => sequence);
const FULL = new HistoryError('disk-full', 'the disk is full');

describe('the writer of the history', () => {
  it('tells an event once it is stored, and collects the next batch while one is written', async () => {
    const { store, writer, counts } = setUp();
    const run = new Run('a');
    writer.add(run, run.next());
    writer.add(run, run.next());
    writer.add(run, run.next());
    expect(store.batches.map(sequencesOf)).toEqual([[1]]);
    expect([run.told, writer.waitingEvents]).toEqual([[], 2]);
    await store.finish();
    expect(run.told).toEqual([1]);
    expect(store.batches.map(sequencesOf)).toEqual([[1], [2, 3]]);
    await store.finish();
    expect(run.told).toEqual([1, 2, 3]);
    expect(counts.stored).toBe(3);
  });

  it('tells an event at once if it is set so', async () => {
    const { store, writer, clock } = setUp(false);
    const run = new Run('a');
    writer.add(run, run.next());
    writer.add(run, run.next());
    expect(run.told).toEqual([1, 2]);
    clock.advance(60_000);
    expect(store.marks).toEqual([]);
  });

  it('stores with each batch a record that says no more than the events in it', async () => {
    const { store, writer } = setUp();
    const run = new Run('a');
    writer.changed(run);
    for (let index = 0; index < 501; index += 1) writer.add(run, run.next());
    await store.finish();
    const [opened, first] = store.batches;
    expect(opened).toMatchObject({ runs: [{ lastSequence: 0 }], events: [] });
    expect(first?.events).toHaveLength(500);
    expect(first?.runs).toMatchObject([{ lastSequence: 500, state: 'live' }]);
    await store.finish();
    expect(store.batches[2]?.runs).toMatchObject([{ lastSequence: 501 }]);
  });

  it('lets subscribers wait no longer than two seconds, and notes that the log is not whole meanwhile', async () => {
    const { clock, store, writer, behind } = setUp();
    const run = new Run('a');
    writer.add(run, run.next());
    writer.add(run, run.next());
    clock.advance(2000);
    expect(run.told).toEqual([1, 2]);
    writer.add(run, run.next());
    expect(run.told).toEqual([1, 2, 3]);
    expect([behind, store.marks]).toEqual([[true], [false]]);
    await store.finish();
    expect(store.marks).toEqual([false]);
    await store.finish();
    expect([behind, store.marks]).toEqual([
      [true, false],
      [false, true],
    ]);
    const told = run.told.length;
    writer.add(run, run.next());
    expect(run.told).toHaveLength(told);
  });

  it('drops and counts what does not fit, tells it, and stores no later event of that session', async () => {
    const { store, writer, counts } = setUp();
    const [large, other] = [new Run('large'), new Run('other')];
    const MIB = 1024 * 1024;
    writer.add(large, large.next());
    for (let index = 0; index < 32; index += 1) writer.add(large, large.next(MIB));
    writer.add(large, large.next(MIB));
    expect([counts.dropped, large.told.at(-1), store.marks]).toEqual([{ 'queue-full': 1 }, 34, [false]]);
    await store.finish();
    await store.finish();
    writer.add(large, large.next());
    writer.add(other, other.next());
    expect(counts.dropped).toEqual({ 'queue-full': 2 });
    for (let index = 0; index < 40 && writer.waitingEvents > 0; index += 1) await store.finish();
    const stored = store.batches.flatMap(({ events }) => events);
    expect(stored.filter(({ sessionId }) => sessionId === 'large').at(-1)?.sequence).toBe(33);
    expect(stored.at(-1)?.sessionId).toBe('other');
    const records = store.batches.flatMap(({ runs }) => runs).filter(({ sessionId }) => sessionId === 'large');
    expect(records.at(-1)?.isComplete).toBe(false);
  });

  it('gives up once the store fails: it tells what waits and everything later at once', async () => {
    const { store, writer, counts, lost } = setUp();
    const run = new Run('a');
    writer.add(run, run.next());
    writer.add(run, run.next());
    const flushed = writer.flushed();
    await store.finish(FULL);
    await flushed;
    expect(lost).toEqual([FULL]);
    expect([run.told, store.marks, counts.dropped]).toEqual([[1, 2], [false], { lost: 2 }]);
    writer.add(run, run.next());
    expect([run.told, counts]).toEqual([[1, 2, 3], { stored: 0, dropped: { lost: 3 } }]);
    expect(store.batches).toHaveLength(1);
  });

  it('is flushed when nothing waits any more', async () => {
    const { store, writer } = setUp();
    await writer.flushed();
    const run = new Run('a');
    writer.add(run, run.next());
    writer.add(run, run.next());
    let isFlushed = false;
    const flushed = writer.flushed().then(() => {
      isFlushed = true;
    });
    await store.finish();
    expect(isFlushed).toBe(false);
    await store.finish();
    await flushed;
  });
});
