import { describe, expect, it } from 'vitest';
import { EventFeed } from '../../../server/event-log/event-feed.ts';
import { EventLog } from '../../../server/event-log/event-log.ts';
import { anyEvent } from '../../support/server/any-event.ts';

/** A receiver that flushes when told. */
function createReader(log: EventLog, { afterSequence = 0, maxInFlight = 2, epoch = null as string | null } = {}) {
  const told: (number | string)[] = [];
  const unflushed: (() => void)[] = [];
  let lost = 0;
  const feed = new EventFeed({
    log,
    after: { epoch, sequence: afterSequence },
    maxInFlight,
    onDropped: (count) => {
      lost += count;
    },
    sink: {
      send(event, flushed) {
        told.push(event.sequence);
        unflushed.push(flushed);
      },
      tellDropped: ({ reason, fromSequence, toSequence }) =>
        told.push(`${reason === 'restarted' ? 'restarted' : 'dropped'} ${fromSequence}-${toSequence}`),
      end: () => told.push('end'),
    },
  });
  const flush = () => {
    while (unflushed.length > 0) unflushed.shift()!();
  };
  return { feed, told, flush, lost: () => lost };
}

const append = (log: EventLog, from: number, to: number) => {
  for (let i = from; i <= to; i += 1) log.append(anyEvent(i));
};

describe('an event feed', () => {
  it('sends what is held after the position, then what follows, then the end', () => {
    const log = new EventLog(10);
    append(log, 1, 3);
    const { told, flush } = createReader(log, { afterSequence: 1 });
    flush();
    append(log, 4, 4);
    log.close();
    expect(told).toEqual([2, 3, 4]);
    flush();
    expect(told).toEqual([2, 3, 4, 'end']);
  });

  it('sends no more than may be in flight until some was flushed', () => {
    const log = new EventLog(10);
    append(log, 1, 6);
    const { told, flush } = createReader(log);
    expect(told).toEqual([1, 2]);
    flush();
    expect(told).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('holds back by bytes too', () => {
    const log = new EventLog(10);
    for (let i = 1; i <= 4; i += 1) log.append(anyEvent(i, 'x'.repeat(200_000)));
    expect(createReader(log, { maxInFlight: 100 }).told).toEqual([1, 2]);
  });

  it('tells a slow reader which events the log dropped, and goes on after them', () => {
    const log = new EventLog(3);
    const { told, flush, lost } = createReader(log);
    append(log, 1, 9);
    flush();
    expect(told).toEqual([1, 2, 'dropped 3-6', 7, 8, 9]);
    expect(lost()).toBe(4);
  });

  it('tells a reader that comes late which events are gone', () => {
    const log = new EventLog(2);
    append(log, 1, 5);
    expect(createReader(log).told).toEqual(['dropped 1-3', 4, 5]);
  });

  it('tells a reader of another log so, and goes on from the start of this one', () => {
    const log = new EventLog(10);
    append(log, 1, 3);
    const reader = createReader(log, { afterSequence: 2, epoch: 'another', maxInFlight: 9 });
    expect(reader.told).toEqual(['restarted 3-3', 1, 2, 3]);
    append(log, 4, 4);
    expect(reader.told.slice(4)).toEqual([4]);
    expect(reader.lost()).toBe(0);
  });

  it('tells a reader beyond the end of the log so, whether it names an epoch or none', () => {
    const log = new EventLog(10);
    append(log, 1, 2);
    for (const epoch of [null, log.epoch]) {
      expect(createReader(log, { afterSequence: 27, epoch }).told).toEqual(['restarted 28-28', 1, 2]);
    }
  });

  it('tells a reader of another log also what this one no longer holds', () => {
    const log = new EventLog(2);
    append(log, 1, 5);
    const { told } = createReader(log, { afterSequence: 27, epoch: 'another' });
    expect(told).toEqual(['restarted 28-28', 'dropped 1-3', 4, 5]);
  });

  it('ends at once for a reader who has seen all of an ended session', () => {
    const log = new EventLog(2);
    append(log, 1, 2);
    log.close();
    expect(createReader(log, { afterSequence: 2 }).told).toEqual(['end']);
  });

  it('sends nothing once it was stopped', () => {
    const log = new EventLog(5);
    const { feed, told, flush } = createReader(log);
    append(log, 1, 3);
    feed.stop();
    flush();
    append(log, 4, 4);
    log.close();
    expect(told).toEqual([1, 2]);
  });
});
