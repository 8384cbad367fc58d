import { describe, expect, it } from 'vitest';
import type { EmotionEvent, EventPosition } from '../../../client-sdk/protocol/index.ts';
import { EventCursor } from '../../../client-sdk/subscribe/event-cursor.ts';
import { anyEvent } from '../../support/server/any-event.ts';

const START: EventPosition = { epoch: null, sequence: 0 };

function event(sequence: number, epoch?: string): EmotionEvent {
  return epoch === undefined ? anyEvent(sequence) : { ...anyEvent(sequence), epoch };
}

describe('an event cursor', () => {
  it('delivers each event once and remembers the log that it is of', () => {
    const cursor = new EventCursor('call', START);
    expect(cursor.take(event(1, 'a'))).toEqual({ dropped: [], event: event(1, 'a') });
    expect(cursor.take(event(1, 'a'))).toEqual({ dropped: [], event: null });
    expect(cursor.subscribe).toMatchObject({ sessionId: 'call', epoch: 'a', afterSequence: 1 });
  });

  it('notices a gap that nobody told of', () => {
    const cursor = new EventCursor('call', { epoch: 'a', sequence: 4 });
    const { dropped } = cursor.take(event(9, 'a'));
    expect(dropped).toEqual([{ reason: 'evicted', epoch: 'a', fromSequence: 5, toSequence: 8 }]);
  });

  it('tells a restart once and takes the new log from its first event', () => {
    const cursor = new EventCursor('call', { epoch: 'a', sequence: 27 });
    const told = { type: 'events.dropped', reason: 'restarted', epoch: 'b', fromSequence: 28, toSequence: 28 } as const;
    expect(cursor.take(told).dropped).toEqual([{ reason: 'restarted', epoch: 'b', fromSequence: 28, toSequence: 28 }]);
    expect(cursor.take(event(1, 'b'))).toEqual({ dropped: [], event: event(1, 'b') });
    expect(cursor.subscribe).toMatchObject({ epoch: 'b', afterSequence: 1 });
  });

  it('takes no event of another log for one that it has seen', () => {
    const cursor = new EventCursor('call', { epoch: 'a', sequence: 27 });
    const { dropped, event: delivered } = cursor.take(event(3, 'b'));
    expect(dropped).toEqual([
      { reason: 'restarted', epoch: 'b', fromSequence: 28, toSequence: 28 },
      { reason: 'evicted', epoch: 'b', fromSequence: 1, toSequence: 2 },
    ]);
    expect(delivered).toEqual(event(3, 'b'));
  });

  it('counts by sequence alone with a server that tells no epoch', () => {
    const cursor = new EventCursor('call', { epoch: null, sequence: 2 });
    expect(cursor.take(event(2)).event).toBeNull();
    expect(cursor.take(event(3)).event).toEqual(event(3));
    expect(cursor.take({ type: 'events.dropped', fromSequence: 4, toSequence: 6 }).dropped).toEqual([
      { reason: 'evicted', epoch: null, fromSequence: 4, toSequence: 6 },
    ]);
    expect(cursor.subscribe).toEqual({ type: 'subscribe', version: 1, sessionId: 'call', afterSequence: 6 });
  });
});
