import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HistoryStore, RetentionLimits, SessionQuery } from '../../../server/history/history-store.ts';
import { aCall, aRun, DAY_MS, START_MS } from './stored-call.ts';

const FOREVER: RetentionLimits = {
  wordsMs: 1e12,
  eventsMs: 1e12,
  summariesMs: 1e12,
  maxBytes: Number.POSITIVE_INFINITY,
};

/** An empty history, made for one test. */
export interface HistoryHome {
  /** Opens it. Data that was stored before is there again if the home survives the end of a server. */
  open(options: { readonly keepsWords: boolean }): Promise<HistoryStore>;
  remove(): void | Promise<void>;
}

/** What every home of the history must do. */
export function describeHistory(name: string, makeHome: () => HistoryHome | Promise<HistoryHome>): void {
  describe(`the history ${name}`, () => {
    let home: HistoryHome;
    let store: HistoryStore;

    /** The ids on all pages. A page may be cut short. */
    const found = async (query: Partial<SessionQuery>): Promise<string[]> => {
      const { sessions, next } = await store.sessions({ limit: 10, ...query });
      const ids = sessions.map(({ run }) => run.sessionId);
      return next === null ? ids : [...ids, ...(await found({ ...query, cursor: next }))];
    };

    beforeEach(async () => {
      home = await makeHome();
      store = await home.open({ keepsWords: true });
    });
    afterEach(async () => {
      await store.close();
      await home.remove();
    });

    it('gives back each event as it was told', async () => {
      const call = aCall('a', [
        { text: 'thank you, that helps' },
        { label: 'joy', text: null },
        { text: 'ünïcode "quotes"' },
      ]);
      await store.write({ runs: [call.run], events: call.events });
      const { events, firstSequence, lastSequence } = await store.events(call.run, 0, 100, 1e9);
      expect(events.map(({ json }) => new TextDecoder().decode(json))).toEqual(
        call.told.map((told) => JSON.stringify(told)),
      );
      expect([firstSequence, lastSequence]).toEqual([1, 5]);
      const rest = await store.events(call.run, 2, 2, 1e9);
      expect(rest.events.map(({ sequence }) => sequence)).toEqual([3, 4]);
      expect((await store.events(call.run, 0, 100, 1)).events).toHaveLength(1);
      expect(await store.session('a')).toEqual(call.run);
      expect(await store.session('b')).toBeNull();
    });

    it('stores a batch as a whole or not at all', async () => {
      const call = aCall('a', [{}]);
      await store.write({ runs: [call.run], events: call.events.slice(0, 2) });
      // The second event is there already.
      await expect(store.write({ runs: [aRun('b')], events: call.events.slice(1) })).rejects.toMatchObject({
        code: 'failed',
      });
      expect(await store.session('b')).toBeNull();
      await store.write({ runs: [], events: call.events.slice(2) });
      expect((await store.events(call.run, 0, 9, 1e9)).lastSequence).toBe(3);
    });

    it('keeps several runs of one session id apart', async () => {
      const [first, second] = [aCall('a', [{}], { epoch: 'e1' }), aCall('a', [{}, {}], { epoch: 'e2' })];
      await store.write({ runs: [first.run, second.run], events: [...first.events, ...second.events] });
      expect((await store.session('a'))?.epoch).toBe('e2');
      expect((await store.session('a', 'e1'))?.utteranceCount).toBe(1);
      expect((await store.events(first.run, 0, 9, 1e9)).lastSequence).toBe(3);
    });

    it('finds sessions by each condition, newest first', async () => {
      const calls = [
        aCall('one', [{ participant: 'ann', label: 'anger', confidence: 0.9, text: 'I want my refund now' }]),
        aCall(
          'two',
          [{ participant: 'bob', role: 'agent', label: 'joy', confidence: 0.6, text: 'the refunds are on their way' }],
          {
            startedAtMs: START_MS + DAY_MS,
          },
        ),
        aCall('three', [{ participant: 'ann', label: 'anger', confidence: 0.4, text: 'now then, a refund' }], {
          startedAtMs: START_MS + 2 * DAY_MS,
          state: 'live',
          endedAtMs: null,
          endReason: null,
        }),
        aCall('four', [], { startedAtMs: START_MS + 3 * DAY_MS }),
      ];
      for (const { run, events } of calls) await store.write({ runs: [run], events });
      expect(await found({})).toEqual(['four', 'three', 'two', 'one']);
      expect(await found({ state: 'live' })).toEqual(['three']);
      expect(await found({ state: 'interrupted' })).toEqual([]);
      expect(await found({ state: 'ended' })).toEqual(['four', 'two', 'one']);
      expect(await found({ fromMs: START_MS + DAY_MS, toMs: START_MS + 3 * DAY_MS })).toEqual(['three', 'two']);
      expect(await found({ participant: 'ann' })).toEqual(['three', 'one']);
      expect(await found({ role: 'agent' })).toEqual(['two']);
      expect(await found({ participant: 'ann', role: 'agent' })).toEqual([]);
      expect(await found({ label: 'anger' })).toEqual(['three', 'one']);
      expect(await found({ label: 'anger', minConfidence: 0.5 })).toEqual(['one']);
      expect(await found({ minConfidence: 0.5 })).toEqual(['two', 'one']);
      // English endings do not count.
      expect(await found({ text: 'REFUND' })).toEqual(['three', 'two', 'one']);
      expect(await found({ text: 'refund now' })).toEqual(['three', 'one']);
      expect(await found({ text: '"refund now"' })).toEqual(['one']);
      expect(await found({ text: 'refund', label: 'joy' })).toEqual(['two']);
      expect(await found({ text: 'refund', participant: 'ann', minConfidence: 0.5 })).toEqual(['one']);
      expect(await found({ sessionId: 'one', text: 'refund' })).toEqual(['one']);
      expect(await found({ sessionId: 'one', text: 'way' })).toEqual([]);
      const { sessions } = await store.sessions({ text: 'way', limit: 1 });
      expect(sessions[0]?.utterance).toMatchObject({
        text: 'the refunds are on their way',
        label: 'joy',
        confidence: 0.6,
      });
    });

    it('reads what is searched as words and never as operators', async () => {
      const call = aCall('a', [{ text: 'nothing of the kind' }]);
      await store.write({ runs: [call.run], events: call.events });
      const hostile = [
        '"',
        '*',
        'NEAR(a b)',
        'text:x',
        'a AND',
        '" OR "',
        '()',
        '\0',
        '-',
        '^a',
        "'; DROP TABLE run; --",
      ];
      for (const text of hostile) expect(await found({ text }), text).toEqual([]);
      expect(await found({ text: 'kind -of: (the)*' })).toEqual(['a']);
    });

    it('pages without a gap or a repetition', async () => {
      for (let index = 0; index < 25; index += 1) {
        const call = aCall(`s${index}`, [
          { label: 'joy', text: 'well' },
          { label: 'joy', text: 'well well' },
        ]);
        await store.write({ runs: [call.run], events: call.events });
      }
      for (const query of [{}, { text: 'well' }, { label: 'joy' as const }, { participant: 'caller' }]) {
        const seen: string[] = [];
        for (let cursor: number | null | undefined; cursor !== null; ) {
          const page = await store.sessions({ ...query, limit: 4, ...(cursor !== undefined && { cursor }) });
          expect(page.sessions.length).toBeLessThanOrEqual(4);
          seen.push(...page.sessions.map(({ run }) => run.sessionId));
          cursor = page.next;
        }
        expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => `s${24 - index}`));
      }
    });

    it('lists utterances with their newest result', async () => {
      const call = aCall('a', [
        { label: 'joy', startMs: 0 },
        { label: 'anger', startMs: 3000, text: 'first words' },
        { label: 'sadness', startMs: 3000, revision: 1, text: 'other words' },
      ]);
      await store.write({ runs: [call.run], events: call.events });
      const page = await store.utterances(call.run, null, 1);
      expect(page.utterances).toMatchObject([
        { label: 'joy', text: null, revision: 0, confidence: 0.8, sentiment: -0.412 },
      ]);
      const rest = await store.utterances(call.run, page.next, 5);
      expect(rest).toMatchObject({ utterances: [{ label: 'sadness', text: 'other words', revision: 1 }], next: null });
      expect(await found({ text: 'first' })).toEqual([]);
      expect(await found({ text: 'other' })).toEqual(['a']);
    });

    it('erases a session: events, words, results, and what is still on its way', async () => {
      const [gone, kept] = [aCall('gone', [{ text: 'a secret' }]), aCall('kept', [{ text: 'a secret, too' }])];
      await store.write({ runs: [gone.run, kept.run], events: [...gone.events, ...kept.events] });
      expect(await store.erase('gone', null, START_MS)).toEqual({ sessions: 1, events: 3, words: 1 });
      expect(await store.session('gone')).toBeNull();
      expect(await found({ text: 'secret' })).toEqual(['kept']);
      expect((await store.utterances(gone.run, null, 9)).utterances).toEqual([]);
      expect((await store.utterances(kept.run, null, 9)).utterances).toHaveLength(1);
      await store.write({ runs: [gone.run], events: gone.events });
      expect(await store.session('gone')).toBeNull();
      expect(await store.erase('gone', null, START_MS)).toEqual({ sessions: 0, events: 0, words: 0 });
    });

    it('erases a session whose end is still on its way', async () => {
      const call = aCall('a', [{ text: 'some words' }], { state: 'live', endedAtMs: null });
      await store.write({ runs: [call.run], events: call.events });
      expect(await store.erase('a', call.run.epoch, START_MS)).toMatchObject({ sessions: 1, events: 2, words: 1 });
      const late = aCall('a', [{ text: 'some words' }, { text: 'late words' }]);
      await store.write({ runs: [late.run], events: late.events.slice(2) });
      expect(await store.session('a')).toBeNull();
      expect(await found({ participant: 'caller' })).toEqual([]);
      expect(await found({ text: 'late' })).toEqual([]);
      expect((await store.events(call.run, 0, 9, 1e9)).events).toEqual([]);
    });

    it('does not erase a live session', async () => {
      const call = aCall('a', [{}], { state: 'live', endedAtMs: null });
      await store.write({ runs: [call.run], events: call.events });
      expect((await store.erase('a', null, START_MS)).sessions).toBe(0);
      expect(await store.session('a')).not.toBeNull();
    });

    it('deletes words, events and sessions when each is too old', async () => {
      const call = aCall('a', [{ text: 'some words' }]);
      await store.write({ runs: [call.run], events: call.events });
      const limits = { ...FOREVER, wordsMs: DAY_MS, eventsMs: 2 * DAY_MS, summariesMs: 3 * DAY_MS };
      const endedMs = call.run.endedAtMs!;
      expect(await store.prune(limits, endedMs + DAY_MS)).toMatchObject({ words: 0, events: 0, sessions: 0 });
      expect(await store.prune(limits, endedMs + DAY_MS + 1)).toMatchObject({ words: 1, events: 0, sessions: 0 });
      const [, said] = (await store.events(call.run, 0, 9, 1e9)).events.map(({ json }) =>
        JSON.parse(new TextDecoder().decode(json)),
      );
      expect(said).toMatchObject({ transcript: null, explanation: { words: [] }, emotion: { label: 'neutral' } });
      expect(await found({ text: 'words' })).toEqual([]);
      expect(await store.prune(limits, endedMs + 2 * DAY_MS + 1)).toMatchObject({ events: 3, sessions: 0 });
      expect((await store.events(call.run, 0, 9, 1e9)).events).toEqual([]);
      expect((await store.utterances(call.run, null, 9)).utterances).toHaveLength(1);
      expect(await store.prune(limits, endedMs + 3 * DAY_MS + 1)).toMatchObject({ sessions: 1 });
      expect(await found({})).toEqual([]);
    });

    it('deletes the oldest when there is too much, and no live session', async () => {
      for (let index = 0; index < 40; index += 1) {
        const said = Array.from({ length: 40 }, (_, one) => ({
          text: `utterance number ${one} of call ${index} ${'x'.repeat(40)}`,
        }));
        const call = aCall(`s${index}`, said, index === 0 ? { state: 'live', endedAtMs: null } : {});
        await store.write({ runs: [call.run], events: call.events });
      }
      const { bytes } = await store.prune(FOREVER, START_MS + DAY_MS);
      let pruned = await store.prune({ ...FOREVER, maxBytes: bytes / 2 }, START_MS + DAY_MS);
      while (pruned.isMore) pruned = await store.prune({ ...FOREVER, maxBytes: bytes / 2 }, START_MS + DAY_MS);
      expect(pruned.bytes).toBeLessThanOrEqual(bytes / 2);
      expect((await store.events(aRun('s0'), 0, 9, 1e9)).events).not.toEqual([]);
      expect((await store.events(aRun('s1'), 0, 9, 1e9)).events).toEqual([]);
      expect((await store.events(aRun('s39'), 0, 9, 1e9)).events).not.toEqual([]);
    });

    it('stores no words where none may be stored', async () => {
      await store.close();
      store = await home.open({ keepsWords: false });
      const call = aCall('a', [{ text: 'never written' }]);
      await store.write({ runs: [call.run], events: call.events });
      expect(await found({ text: 'written' })).toEqual([]);
      expect((await store.utterances(call.run, null, 9)).utterances).toMatchObject([{ text: null }]);
    });
  });
}

/** What every home must do that survives the end of a server. */
export function describeSurvivingHistory(name: string, makeHome: () => HistoryHome | Promise<HistoryHome>): void {
  describe(`after the end of a server, the history ${name}`, () => {
    it('tells which sessions were interrupted', async () => {
      const home = await makeHome();
      let store = await home.open({ keepsWords: true });
      const live = aCall('live', [{}, {}, {}], { state: 'live', endedAtMs: null, endReason: null });
      const ended = aCall('ended', [{}]);
      await store.write({ runs: [live.run, ended.run], events: [...live.events, ...ended.events] });
      await store.markWhole(true);
      await store.close();
      store = await home.open({ keepsWords: true });
      expect(store.wasComplete).toBe(true);
      expect(await store.interrupted()).toEqual([{ ...live.run, state: 'interrupted' }]);
      await store.markWhole(false);
      await store.close();
      store = await home.open({ keepsWords: true });
      expect(store.wasComplete).toBe(false);
      await store.close();
      await home.remove();
    });
  });
}
