import { describe, expect, it } from 'vitest';
import { applyEvents, emptySessionView, MAX_UTTERANCES } from '../../../../server/dashboard/state/session-view.ts';
import { emotion, failed, started } from '../../../support/dashboard/events.ts';
import { AGENT, CUSTOMER, syntheticCall } from '../../../support/dashboard/synthetic-call.ts';

const empty = emptySessionView('s');

describe('a session seen through its events', () => {
  it('goes from waiting to live to ended', () => {
    const call = syntheticCall({ sessionId: 's', title: 'T', startedAt: '2026-01-01T00:00:00Z', utteranceCount: 2 });
    const [first, ...rest] = call;
    expect(empty.status).toBe('waiting');
    const live = applyEvents(empty, [first!]);
    expect(live).toMatchObject({ status: 'live', title: 'T', modelId: 'undertone-mini@0.1.0' });
    expect(applyEvents(live, rest)).toMatchObject({ status: 'ended', endReason: 'completed' });
  });

  it('is the same however the events are cut into batches', () => {
    const call = syntheticCall({ sessionId: 's', title: null, startedAt: '2026-01-01T00:00:00Z', utteranceCount: 60 });
    const atOnce = applyEvents(empty, call);
    const oneByOne = call.reduce((view, event) => applyEvents(view, [event]), empty);
    expect(oneByOne).toEqual(atOnce);
  });

  it('shows an utterance as soon as its voice begins, and its score in the same place', () => {
    const speaking = applyEvents(empty, [started({ sequence: 1, startMs: 500 })]);
    expect(speaking.utterances).toMatchObject([{ id: 'customer-500', endMs: null, score: null }]);
    const scored = applyEvents(speaking, [emotion({ sequence: 2, startMs: 500, endMs: 1800 })]);
    expect(scored.utterances).toMatchObject([{ id: 'customer-500', endMs: 1800, score: { revision: 0 } }]);
  });

  it('replaces a score by a higher revision and ignores a lower one', () => {
    const view = applyEvents(empty, [
      emotion({ sequence: 1, startMs: 0, revision: 1, label: 'joy' }),
      emotion({ sequence: 2, startMs: 0, revision: 2, label: 'anger' }),
      emotion({ sequence: 3, startMs: 0, revision: 0, label: 'fear' }),
    ]);
    expect(view.utterances.map(({ score }) => score?.emotion.label)).toEqual(['anger']);
  });

  it('keeps a score when a later revision fails, and forgets the failure when one succeeds', () => {
    const broken = applyEvents(empty, [
      emotion({ sequence: 1, startMs: 0 }),
      failed({ sequence: 2, startMs: 0, revision: 1 }),
    ]);
    expect(broken.utterances[0]).toMatchObject({ score: { revision: 0 }, failure: { code: 'model-failed' } });
    const healed = applyEvents(broken, [emotion({ sequence: 3, startMs: 0, revision: 2 })]);
    expect(healed.utterances[0]).toMatchObject({ score: { revision: 2 }, failure: null });
  });

  it('orders utterances by start, whichever speaker was scored first', () => {
    const view = applyEvents(empty, [
      emotion({ sequence: 1, startMs: 3000, participant: AGENT }),
      emotion({ sequence: 2, startMs: 1000, participant: CUSTOMER }),
    ]);
    expect(view.utterances.map(({ startMs }) => startMs)).toEqual([1000, 3000]);
    expect(view.participants.map(({ id }) => id)).toEqual(['agent', 'customer']);
  });

  it('changes nothing on repeated events', () => {
    const events = [started({ sequence: 1, startMs: 0 }), emotion({ sequence: 2, startMs: 0 })];
    const view = applyEvents(empty, events);
    expect(applyEvents(view, events)).toBe(view);
  });

  it('leaves the earlier view as it was', () => {
    const before = applyEvents(empty, [started({ sequence: 1, startMs: 0 })]);
    const copy = structuredClone(before);
    applyEvents(before, [emotion({ sequence: 2, startMs: 0 })]);
    expect(before).toEqual(copy);
  });

  it('lets go of the oldest utterances beyond its limit and counts them', () => {
    const events = Array.from({ length: MAX_UTTERANCES + 3 }, (_, at) =>
      emotion({ sequence: at + 1, startMs: at * 10 }),
    );
    const view = applyEvents(empty, events);
    expect(view.utterances).toHaveLength(MAX_UTTERANCES);
    expect(view.utterances[0]?.startMs).toBe(30);
    expect(view.droppedUtteranceCount).toBe(3);
  });
});
