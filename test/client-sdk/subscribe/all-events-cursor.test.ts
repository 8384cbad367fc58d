import { describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import { AllEventsCursor } from '../../../client-sdk/subscribe/all-events-cursor.ts';
import { anyEvent } from '../../support/server/any-event.ts';

const START = { epoch: null, sequence: 0 };

function event(position: string, sessionId: string, sequence: number, epoch = 'a'): EmotionEvent {
  return { ...anyEvent(sequence), position, sessionId, epoch };
}

describe('a cursor of the events of all sessions', () => {
  it('resumes after the last position, with the same filter', () => {
    const cursor = new AllEventsCursor(START, { roles: ['customer'] });
    expect(cursor.take(event('x:7', 's', 1)).event).toEqual(event('x:7', 's', 1));
    expect(cursor.subscribe).toEqual({
      type: 'subscribe',
      version: 1,
      sessionId: '*',
      afterSequence: 7,
      epoch: 'x',
      roles: ['customer'],
    });
  });

  it('takes positions that are left out for events that the filter left out', () => {
    const cursor = new AllEventsCursor(START, {});
    cursor.take(event('x:7', 's', 1));
    expect(cursor.take(event('x:90', 's', 5))).toEqual({ dropped: [], event: event('x:90', 's', 5) });
  });

  it('delivers each event once when the stream starts over', () => {
    const cursor = new AllEventsCursor(START, {});
    cursor.take(event('x:1', 's', 1));
    cursor.take(event('x:2', 'other', 1));
    const told = { type: 'events.dropped', reason: 'restarted', epoch: 'y', fromSequence: 3, toSequence: 3 } as const;
    expect(cursor.take(told).dropped).toEqual([{ reason: 'restarted', epoch: 'y', fromSequence: 3, toSequence: 3 }]);
    expect(cursor.subscribe).toMatchObject({ epoch: 'y', afterSequence: 0 });
    expect(cursor.take(event('y:1', 's', 1)).event).toBeNull();
    expect(cursor.take(event('y:2', 's', 2)).event).not.toBeNull();
    expect(cursor.take(event('y:3', 'other', 1, 'opened-again')).event).not.toBeNull();
  });

  it('goes on behind events that are gone', () => {
    const cursor = new AllEventsCursor({ epoch: 'x', sequence: 4 }, {});
    const told = { type: 'events.dropped', reason: 'evicted', epoch: 'x', fromSequence: 5, toSequence: 9 } as const;
    expect(cursor.take(told).dropped).toEqual([{ reason: 'evicted', epoch: 'x', fromSequence: 5, toSequence: 9 }]);
    expect(cursor.subscribe).toMatchObject({ epoch: 'x', afterSequence: 9 });
  });
});
