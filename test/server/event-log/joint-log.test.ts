import { describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import { EventFeed } from '../../../server/event-log/event-feed.ts';
import { EventLog } from '../../../server/event-log/event-log.ts';
import { JointLog } from '../../../server/event-log/joint-log.ts';
import { readPage } from '../../../server/event-log/read-page.ts';
import { anyEvent } from '../../support/server/any-event.ts';

/** Sessions whose logs one joint log follows. */
function openSessions({ maxEvents = 100, keeps = 100 } = {}) {
  const logs = new Map<string, EventLog>();
  const joint = new JointLog({ find: (id) => logs.get(id), maxEvents, epoch: 'all' });
  return {
    logs,
    joint,
    open(id: string, epoch = `of-${id}`): EventLog {
      const log = new EventLog(keeps, undefined, epoch);
      logs.set(id, log);
      joint.follow(id, log);
      return log;
    },
  };
}

function say(log: EventLog, sessionId: string): void {
  log.append({ ...anyEvent(log.lastSequence + 1), sessionId, epoch: log.epoch });
}

const everything = { limit: 1000, maxBytes: 1e9 };

function eventsOf(joint: JointLog, after = 0): EmotionEvent[] {
  return readPage(joint, after, everything).events.map(({ json }) => JSON.parse(json.toString()) as EmotionEvent);
}

const placesOf = (joint: JointLog, after = 0) =>
  eventsOf(joint, after).map(({ sessionId, sequence, position }) => `${position} ${sessionId} ${sequence}`);

describe('the joint log of all sessions', () => {
  it('has the events of every session in the order in which they were told, each with its position', () => {
    const { joint, open } = openSessions();
    const [a, b] = [open('a'), open('b')];
    say(a, 'a');
    say(b, 'b');
    say(a, 'a');
    expect(placesOf(joint)).toEqual(['all:1 a 1', 'all:2 b 1', 'all:3 a 2']);
    expect(placesOf(joint, 2)).toEqual(['all:3 a 2']);
    expect(joint.at(2)!.streamed.toString()).toMatch(/^id: all:2\nevent: session.ended\ndata: {"position":"all:2",/);
  });

  it('begins with what a session has when it joins', () => {
    const { joint, logs } = openSessions();
    const log = new EventLog(10);
    logs.set('old', log);
    say(log, 'old');
    joint.follow('old', log);
    expect(placesOf(joint)).toEqual(['all:1 old 1']);
  });

  it('has an event only once readers of its session may see it', () => {
    const { joint, logs } = openSessions();
    const log = new EventLog(10, undefined, 'of-a', () => {}, true);
    logs.set('a', log);
    joint.follow('a', log);
    say(log, 'a');
    expect(joint.lastSequence).toBe(0);
    log.tell(1);
    expect(placesOf(joint)).toEqual(['all:1 a 1']);
  });

  it('says which events are gone, because a session dropped them or the server forgot it', () => {
    const { joint, logs, open } = openSessions({ keeps: 2 });
    const [a, b] = [open('a'), open('b')];
    for (let i = 0; i < 4; i += 1) say(a, 'a');
    say(b, 'b');
    expect(joint.evictedAfter(0)).toMatchObject({ reason: 'evicted', epoch: 'all', fromSequence: 1, toSequence: 2 });
    expect(joint.evictedAfter(2)).toBeNull();
    expect(placesOf(joint)).toEqual(['all:3 a 3', 'all:4 a 4', 'all:5 b 1']);
    logs.delete('a');
    expect(joint.evictedAfter(1)).toMatchObject({ fromSequence: 2, toSequence: 4 });
  });

  it('takes no event of a session for one of an earlier session with the same id', () => {
    const { joint, open } = openSessions();
    say(open('a', 'first'), 'a');
    say(open('a', 'second'), 'a');
    expect(placesOf(joint)).toEqual(['all:2 a 1']);
  });

  it('remembers a limited number of places', () => {
    const { joint, open } = openSessions({ maxEvents: 3 });
    const a = open('a');
    for (let i = 0; i < 5; i += 1) say(a, 'a');
    expect(joint.evictedAfter(0)).toMatchObject({ fromSequence: 1, toSequence: 2 });
    expect(placesOf(joint)).toEqual(['all:3 a 3', 'all:4 a 4', 'all:5 a 5']);
  });

  it('tells a reader of another log, and starts over', () => {
    const { joint, open } = openSessions();
    say(open('a'), 'a');
    expect(joint.resume({ epoch: 'all', sequence: 1 })).toEqual({ afterSequence: 1, restarted: null });
    expect(joint.resume({ epoch: 'before', sequence: 7 })).toMatchObject({
      afterSequence: 0,
      restarted: { reason: 'restarted', epoch: 'all', fromSequence: 8 },
    });
  });

  it('feeds a reader only what it asked for, and skips what is gone', () => {
    const { joint, open } = openSessions({ keeps: 2 });
    const a = open('a');
    for (let i = 0; i < 3; i += 1) say(a, 'a');
    const told: string[] = [];
    const feed = new EventFeed({
      log: joint,
      after: { epoch: null, sequence: 0 },
      filter: { types: ['utterance.started'] },
      maxInFlight: 8,
      sink: {
        send(event, flushed) {
          told.push(`${event.type} ${event.sequence}`);
          flushed();
        },
        tellDropped: ({ fromSequence, toSequence }) => told.push(`dropped ${fromSequence}-${toSequence}`),
        end: () => told.push('end'),
      },
    });
    const { traceparent } = anyEvent(1);
    const participant = { id: 'ann', role: 'customer', displayName: null } as const;
    const utterance = { utteranceId: 'u1', participant, startMs: 0, mediaTimeMs: 0, traceparent };
    a.append({ type: 'utterance.started', sessionId: 'a', sequence: 4, ...utterance });
    joint.close();
    expect(told).toEqual(['dropped 1-1', 'utterance.started 4', 'end']);
    feed.stop();
  });
});
