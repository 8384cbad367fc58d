import { describe, expect, it } from 'vitest';
import { nextTurn, type TurnTaker } from '../../../pipeline/window/turn-order.ts';

function lane(id: string, turnSample: number, traits: Partial<TurnTaker> = {}): TurnTaker {
  const { isReady = true, isAwaited = true, isHeld = false, isBeingScored = false, isLagging = false } = traits;
  return { participant: { id }, turnSample, isReady, isAwaited, isHeld, isBeingScored, isLagging };
}

const waiting = { isReady: false } as const;

describe('nextTurn', () => {
  it('gives the turn to the earliest lane, and among equals by participant', () => {
    expect(nextTurn([lane('c', 5), lane('b', 3), lane('a', 3)]).lane?.participant.id).toBe('a');
    expect(nextTurn([])).toEqual({ lane: null, waitsFor: [] });
  });

  it('waits for an earlier lane that is not ready', () => {
    const late = lane('b', 2, waiting);
    expect(nextTurn([lane('a', 5), late])).toEqual({ lane: null, waitsFor: [late] });
  });

  it('does not wait for a later lane, nor for one that nobody awaits', () => {
    const ready = lane('a', 5);
    const others = [lane('b', 9, waiting), lane('c', 2, { ...waiting, isAwaited: false })];
    expect(nextTurn([ready, ...others])).toEqual({ lane: ready, waitsFor: [] });
  });

  it('does not lose patience with a lane whose scores are on their way', () => {
    expect(nextTurn([lane('a', 5), lane('b', 2, { ...waiting, isBeingScored: true })])).toEqual({
      lane: null,
      waitsFor: [],
    });
  });

  it('names a lane that waits for its own pictures, even when it holds up nobody', () => {
    const held = lane('a', 5, { ...waiting, isHeld: true });
    expect(nextTurn([held])).toEqual({ lane: null, waitsFor: [held] });
  });

  it('awaits a lane again that has caught up', () => {
    const behind = lane('b', 2, { ...waiting, isAwaited: false, isLagging: true });
    const ahead = lane('c', 9, { ...waiting, isAwaited: false, isLagging: true });
    nextTurn([lane('a', 5), behind, ahead]);
    expect([behind.isLagging, ahead.isLagging]).toEqual([true, false]);
  });
});
