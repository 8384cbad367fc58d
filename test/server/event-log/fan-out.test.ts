import { describe, expect, it } from 'vitest';
import { EventFeed } from '../../../server/event-log/event-feed.ts';
import { EventLog } from '../../../server/event-log/event-log.ts';
import { FanOut } from '../../../server/event-log/fan-out.ts';
import { anyEvent } from '../../support/server/any-event.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';

/** Time goes on by a millisecond for each event that is sent. */
class BusyClock extends ManualClock {
  spentMs = 0;
  override now(): number {
    return super.now() + this.spentMs;
  }
}

function setUp() {
  const clock = new BusyClock();
  const fanOut = new FanOut({ clock, sliceMs: 4, pauseMs: 4 });
  const sent: string[] = [];
  const follow = (log: EventLog, name: string, maxInFlight = 100, isFlushing = true) =>
    new EventFeed({
      log,
      fanOut,
      after: { epoch: null, sequence: 0 },
      maxInFlight,
      sink: {
        send(event, flushed) {
          clock.spentMs += 1;
          sent.push(`${name}${event.sequence}`);
          if (isFlushing) flushed();
        },
        tellDropped: () => {},
        end: () => sent.push(`${name} end`),
      },
    });
  return { clock, fanOut, sent, follow };
}

describe('the fan-out of events', () => {
  it('never works within the call that appends', () => {
    const { clock, sent, follow } = setUp();
    const log = new EventLog(10);
    follow(log, 'a');
    log.append(anyEvent(1));
    expect(sent).toEqual([]);
    clock.advance(1);
    expect(sent).toEqual(['a1']);
  });

  it('holds the thread for a slice of time, then leaves it to others', () => {
    const { clock, sent, follow } = setUp();
    const log = new EventLog(10);
    for (let i = 0; i < 10; i += 1) follow(log, `${i}/`);
    log.append(anyEvent(1));
    clock.advance(1);
    expect(sent).toHaveLength(4);
    clock.advance(2);
    expect(sent).toHaveLength(4);
    clock.advance(2);
    expect(sent).toHaveLength(8);
    clock.advance(4);
    expect(sent).toHaveLength(10);
  });

  it('gives logs their turns one after the other, however many readers one has', () => {
    const { clock, sent, follow } = setUp();
    const [crowded, quiet] = [new EventLog(10), new EventLog(10)];
    for (let i = 0; i < 10; i += 1) follow(crowded, `${i}/`);
    follow(quiet, 'q');
    crowded.append(anyEvent(1));
    quiet.append(anyEvent(1));
    clock.advance(1);
    expect(sent.slice(0, 2)).toEqual(['0/1', 'q1']);
  });

  it('sends a reader that is far behind a few events in a turn', () => {
    const { clock, sent, follow } = setUp();
    const log = new EventLog(100);
    for (let i = 1; i <= 40; i += 1) log.append(anyEvent(i));
    follow(log, 'a');
    follow(log, 'b');
    clock.advance(100);
    expect(sent[16]).toBe('b1');
    expect(sent).toHaveLength(80);
  });

  it('leaves each reader little in flight while slow ones hold up much together', () => {
    const { clock, fanOut, sent, follow } = setUp();
    const log = new EventLog(100);
    follow(log, 'a', 100, false);
    fanOut.count(0, 65 * 1024 * 1024);
    for (let i = 1; i <= 10; i += 1) log.append(anyEvent(i));
    clock.advance(100);
    expect(sent).toHaveLength(4);
  });

  it('takes back what a reader that went had in flight, once', () => {
    const { clock, fanOut, follow } = setUp();
    const log = new EventLog(100);
    const feed = follow(log, 'a', 100, false);
    log.append(anyEvent(1));
    clock.advance(10);
    expect(fanOut.bytesInFlight).toBeGreaterThan(0);
    feed.stop();
    feed.stop();
    expect(fanOut.bytesInFlight).toBe(0);
  });

  it('is drained when every reader has had its turn', async () => {
    const { clock, fanOut, sent, follow } = setUp();
    const log = new EventLog(100);
    for (let i = 0; i < 10; i += 1) follow(log, `${i}/`);
    log.append(anyEvent(1));
    log.close();
    let drained = false;
    const done = fanOut.drain(1000).then(() => {
      drained = true;
    });
    await Promise.resolve();
    expect(drained).toBe(false);
    clock.advance(100);
    await done;
    expect(sent.filter((what) => what.endsWith('end'))).toHaveLength(10);
  });
});
