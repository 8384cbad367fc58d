import { describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import { Readiness } from '../../../server/observability/readiness.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';

const scored = { type: 'utterance.emotion' } as EmotionEvent;
const failed = (code: string) => ({ type: 'utterance.failed', code }) as EmotionEvent;

function setUp() {
  const clock = new ManualClock();
  let failing: string[] = [];
  let isFull = false;
  let doubts = 0;
  const doubt = () => {
    doubts += 1;
  };
  const readiness = new Readiness({ clock, models: { failing: () => failing, doubt }, isFull: () => isFull });
  readiness.enter('serving');
  const fail = (count: number, code = 'model-failed') => {
    for (let i = 0; i < count; i += 1) readiness.event(failed(code));
  };
  return {
    clock,
    readiness,
    fail,
    doubts: () => doubts,
    fill: (full: boolean) => {
      isFull = full;
    },
    break: (names: string[]) => {
      failing = names;
    },
  };
}

describe('readiness', () => {
  it('is not there while the calls in progress need all of the server’s time', () => {
    const { readiness, fill } = setUp();
    fill(true);
    expect(readiness.reasons()).toEqual(['the server is too busy to take another call']);
    fill(false);
    expect(readiness.reasons()).toEqual([]);
  });

  it('is what the models say', () => {
    const { readiness, ...models } = setUp();
    expect(readiness.reasons()).toEqual([]);
    models.break(['the fusion does not run']);
    expect(readiness.reasons()).toEqual(['the fusion does not run']);
    models.break([]);
    expect(readiness.reasons()).toEqual([]);
  });

  it('ends when utterance after utterance fails, and comes back with the next score', () => {
    const { readiness, fail, doubts } = setUp();
    fail(7);
    expect(readiness.reasons()).toEqual([]);
    fail(1);
    expect(readiness.reasons()).toEqual(['the models failed at every one of the last utterances']);
    expect(doubts()).toBe(4);
    readiness.event(scored);
    expect(readiness.reasons()).toEqual([]);
  });

  it('comes back for a try when nothing was heard for a minute', () => {
    const { clock, readiness, fail } = setUp();
    fail(8);
    clock.advance(60_000);
    expect(readiness.reasons()).toEqual([]);
    fail(1);
    expect(readiness.reasons()).toHaveLength(1);
  });

  it('does not end for utterances that fail by overload or by their media', () => {
    const { readiness, fail } = setUp();
    fail(20, 'model-overloaded');
    fail(20, 'features-failed');
    expect(readiness.reasons()).toEqual([]);
  });

  it('says that the server starts or stops', () => {
    const readiness = new Readiness({
      clock: new ManualClock(),
      models: { failing: () => [], doubt: () => {} },
      isFull: () => false,
    });
    expect(readiness.reasons()).toEqual(['the server is starting']);
    readiness.enter('closing');
    expect(readiness.reasons()).toEqual(['the server is shutting down']);
  });
});
