import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventLog } from '../../../server/event-log/event-log.ts';
import { anyEvent } from '../../support/server/any-event.ts';

const sequencesOf = (log: EventLog, after: number, limit = 1000) => log.after(after, limit, 1e9).map((e) => e.sequence);

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
    expect(log.at(1)!.json).toBe(log.after(0, 1, 1e9)[0]!.json);
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
});
