import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventLog } from '../../../server/event-log/event-log.ts';
import { readPage } from '../../../server/event-log/read-page.ts';
import { anyEvent } from '../../support/server/any-event.ts';

const sequencesOf = (log: EventLog, after: number, limit = 1000) =>
  readPage(log, after, { limit, maxBytes: 1e9 }).events.map((e) => e.sequence);

describe('the event log', () => {
  it('holds the newest events and tells where they begin, whatever was appended', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 60 }), fc.nat(70), (max, count, after) => {
        const log = new EventLog(max);
        for (let i = 1; i <= count; i += 1) log.append(anyEvent(i));
        const held = Array.from({ length: count }, (_, i) => i + 1).slice(-max);
        expect(log.lastSequence).toBe(count);
        expect(log.firstSequence).toBe(held[0] ?? count + 1);
        expect(sequencesOf(log, after)).toEqual(held.filter((sequence) => sequence > after));
        expect(log.at(log.firstSequence - 1)).toBeUndefined();
      }),
    );
  });

  it('keeps the bytes of an event once, as JSON', () => {
    const log = new EventLog(2);
    log.append(anyEvent(1));
    expect(JSON.parse(log.at(1)!.json.toString())).toEqual(anyEvent(1));
    expect(log.at(1)!.json).toBe(readPage(log, 0, { limit: 1, maxBytes: 1e9 }).events[0]!.json);
  });

  it('drops the oldest when the bytes exceed their limit, but keeps the newest', () => {
    const log = new EventLog(100, 1000);
    for (let i = 1; i <= 5; i += 1) log.append(anyEvent(i, 'x'.repeat(300)));
    expect(sequencesOf(log, 0)).toEqual([4, 5]);
    log.append(anyEvent(6, 'x'.repeat(2000)));
    expect(sequencesOf(log, 0)).toEqual([6]);
  });

  it('refuses a gap, a repetition and what comes after its end', () => {
    const log = new EventLog(4);
    log.append(anyEvent(1));
    expect(() => log.append(anyEvent(3))).toThrow(RangeError);
    expect(() => log.append(anyEvent(1))).toThrow(RangeError);
    log.close();
    expect(() => log.append(anyEvent(2))).toThrow(RangeError);
  });

  describe('that holds events until they are safe', () => {
    const holding = (maxEvents = 10) => new EventLog(maxEvents, undefined, undefined, undefined, true);

    it('gives readers an event once it is told, and ends once all are', () => {
      const log = holding();
      let calls = 0;
      log.onChange(() => {
        calls += 1;
      });
      log.append(anyEvent(1));
      log.append(anyEvent(2));
      log.close();
      expect([sequencesOf(log, 0), log.lastSequence, log.appendedSequence, log.at(1)]).toEqual([[], 0, 2, undefined]);
      log.tell(1);
      expect([sequencesOf(log, 0), log.closed]).toEqual([[1], false]);
      log.tell(1);
      log.tell(9);
      expect([sequencesOf(log, 0), log.closed, log.lastSequence]).toEqual([[1, 2], true, 2]);
      expect(calls).toBe(3);
    });

    it('takes a position beyond what was told for one of another log', () => {
      const log = holding();
      log.append(anyEvent(1));
      expect(log.resume({ epoch: log.epoch, sequence: 1 }).restarted).not.toBeNull();
      log.tell(1);
      expect(log.resume({ epoch: log.epoch, sequence: 1 }).restarted).toBeNull();
    });

    it('tells readers that an event is gone that was never told', () => {
      const log = holding(2);
      for (let i = 1; i <= 3; i += 1) log.append(anyEvent(i));
      expect(log.evictedAfter(0)).toMatchObject({ fromSequence: 1, toSequence: 1 });
      expect([log.lastSequence, sequencesOf(log, 0)]).toEqual([1, []]);
    });
  });

  it('goes on from the newest events of a log that was stored', () => {
    const [before, log] = [new EventLog(10), new EventLog(10, undefined, 'epoch')];
    for (let i = 1; i <= 6; i += 1) before.append(anyEvent(i));
    log.restore(readPage(before, 3, { limit: 10, maxBytes: 1e9 }).events, 6);
    expect([log.firstSequence, log.lastSequence, sequencesOf(log, 0)]).toEqual([4, 6, [4, 5, 6]]);
    log.append(anyEvent(7));
    expect(sequencesOf(log, 5)).toEqual([6, 7]);
    expect(log.evictedAfter(1)).toMatchObject({ fromSequence: 2, toSequence: 3 });
    expect(() => log.restore([], 0)).toThrow(RangeError);
  });
});
