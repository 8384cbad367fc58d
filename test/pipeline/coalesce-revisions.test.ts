import fc from 'fast-check';
import { concatMap, filter, from, map, type OperatorFunction, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { coalesceRevisions } from '../../pipeline/coalesce-revisions.ts';
import type { ScoreSignal } from '../../pipeline/inference/utterance-scores.ts';
import type { UtteranceSignal } from '../../pipeline/window/utterance.ts';
import { utterance } from '../support/pipeline/utterances.ts';

const tracks = { text: true, audio: true, video: false };
const closed = (startMs: number): UtteranceSignal => ({
  kind: 'closed',
  utterance: utterance(startMs, startMs + 500),
  tracks,
  transcript: [],
  decidedAtMs: 0,
});
const transcribed = (startMs: number, arrivedAtMs: number): UtteranceSignal => ({
  kind: 'transcribed',
  utterance: utterance(startMs, startMs + 500),
  tracks,
  transcript: [],
  arrivedAtMs,
});

/** Scores when the test says so, in order. What is told carries the time that its words arrived. */
function setUp(maxInFlight?: number) {
  const source = new Subject<UtteranceSignal>();
  const started: string[] = [];
  const held: (() => void)[] = [];
  const told: string[] = [];
  const revisions = new Map<string, number>();
  let superseded = 0;
  let isComplete = false;
  const score: OperatorFunction<UtteranceSignal, ScoreSignal> = (signals) =>
    signals.pipe(
      filter((signal) => signal.kind === 'closed' || signal.kind === 'transcribed'),
      map((signal) => {
        const { id } = signal.utterance;
        const revision = signal.kind === 'closed' ? 0 : (revisions.get(id) ?? 0) + 1;
        revisions.set(id, revision);
        const name = `${id} ${signal.kind === 'closed' ? 'first' : signal.arrivedAtMs}`;
        started.push(name);
        const done = new Promise<void>((resolve) => held.push(resolve));
        return done.then((): ScoreSignal => {
          told.push(name);
          return {
            kind: 'not-scored',
            utterance: signal.utterance,
            revision,
            text: null,
            code: 'no-signal',
            stage: 'features',
            message: '',
          };
        });
      }),
      concatMap((result) => from(result)),
    );
  source
    .pipe(
      coalesceRevisions({
        score,
        ...(maxInFlight !== undefined && { maxInFlight }),
        onDrop: (reason) => {
          if (reason === 'revision-superseded') superseded += 1;
        },
      }),
    )
    .subscribe({
      complete: () => {
        isComplete = true;
      },
    });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    source,
    started,
    told,
    superseded: () => superseded,
    isComplete: () => isComplete,
    async end() {
      held.shift()?.();
      await settle();
    },
    heldCount: () => held.length,
  };
}

describe('coalesceRevisions', () => {
  it('scores the newest of the words that came while an utterance was being scored, and none between', async () => {
    const { source, started, superseded, end } = setUp();
    source.next(closed(1000));
    for (const arrivedAtMs of [1, 2, 3]) source.next(transcribed(1000, arrivedAtMs));
    expect(started).toEqual(['dana-1000 first']);
    await end();
    expect(started).toEqual(['dana-1000 first', 'dana-1000 3']);
    source.next(transcribed(1000, 4));
    source.next(transcribed(1000, 5));
    await end();
    expect(started.slice(2)).toEqual(['dana-1000 5']);
    expect(superseded()).toBe(3);
  });

  it('scores a revision at once when nothing of its utterance is being scored', async () => {
    const { source, started, end } = setUp();
    source.next(closed(1000));
    await end();
    source.next(transcribed(1000, 1));
    expect(started).toEqual(['dana-1000 first', 'dana-1000 1']);
  });

  it('holds no utterance up for another’s revisions, and revisions of many within a bound', async () => {
    const { source, started, end } = setUp(2);
    for (const startMs of [1000, 2000, 3000]) source.next(closed(startMs));
    for (let i = 0; i < 3; i += 1) await end();
    for (const startMs of [1000, 2000, 3000]) source.next(transcribed(startMs, 1));
    source.next(closed(4000));
    expect(started.slice(3)).toEqual(['dana-1000 1', 'dana-2000 1', 'dana-4000 first']);
    await end();
    expect(started.slice(6)).toEqual(['dana-3000 1']);
  });

  it('leaves out words of an utterance that is no longer known', () => {
    const { source, started } = setUp();
    for (let i = 1; i <= 257; i += 1) source.next(closed(1000 * i));
    source.next(transcribed(1000, 1));
    expect(started).toHaveLength(257);
  });

  it('completes once the last words are told', async () => {
    const { source, told, isComplete, end, heldCount } = setUp();
    source.next(closed(1000));
    source.next(transcribed(1000, 1));
    source.complete();
    await end();
    expect(isComplete()).toBe(false);
    while (heldCount() > 0) await end();
    expect(told).toEqual(['dana-1000 first', 'dana-1000 1']);
    expect(isComplete()).toBe(true);
  });

  it('tells the last words of each utterance under any schedule', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('words' as const), startMs: fc.constantFrom(1000, 2000, 3000) }),
      fc.record({ kind: fc.constant('end' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, maxInFlight) => {
          const { source, told, superseded, isComplete, end, heldCount } = setUp(maxInFlight);
          const last = new Map<number, number>();
          let sent = 0;
          for (const startMs of [1000, 2000, 3000]) source.next(closed(startMs));
          for (const action of steps) {
            if (action.kind === 'end') {
              await end();
              continue;
            }
            sent += 1;
            last.set(action.startMs, sent);
            source.next(transcribed(action.startMs, sent));
          }
          source.complete();
          while (heldCount() > 0) await end();
          expect(isComplete()).toBe(true);
          for (const [startMs, arrivedAtMs] of last) {
            expect(told.filter((name) => name.startsWith(`dana-${startMs} `)).at(-1)).toBe(
              `dana-${startMs} ${arrivedAtMs}`,
            );
          }
          expect(told.length + superseded()).toBe(sent + 3);
        },
      ),
      { numRuns: 60 },
    );
  });
});
