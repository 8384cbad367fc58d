import { firstValueFrom, from, NEVER, Subject, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { orderedMap } from '../../../pipeline/support/ordered-map.ts';

const marbles = (test: Parameters<TestScheduler['run']>[0]) => () => {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
};

describe('orderedMap', () => {
  it('emits in the order of the source, whichever result settles first', async () => {
    const settled: number[] = [];
    const delays = [30, 10, 0, 20];
    const results = await firstValueFrom(
      from(delays).pipe(
        orderedMap(async (delay) => {
          await new Promise((resolve) => setTimeout(resolve, delay));
          settled.push(delay);
          return delay;
        }),
        toArray(),
      ),
    );
    expect(settled).toEqual([0, 10, 20, 30]);
    expect(results).toEqual(delays);
  });

  it('starts each at once, side by side', () => {
    const started: number[] = [];
    from([1, 2, 3])
      .pipe(
        orderedMap((value) => {
          started.push(value);
          return new Promise<number>(() => {});
        }),
      )
      .subscribe();
    expect(started).toEqual([1, 2, 3]);
  });

  it(
    'passes plain results on in the same frame',
    marbles(({ hot, expectObservable }) => {
      expectObservable(hot('-a-bc|').pipe(orderedMap((value) => value.toUpperCase()))).toBe('-A-BC|');
    }),
  );

  it(
    'is silent on a source that never emits, and complete on an empty one',
    marbles(({ cold, expectObservable }) => {
      expectObservable(NEVER.pipe(orderedMap((value) => value))).toBe('-');
      expectObservable(cold('|').pipe(orderedMap((value) => value))).toBe('|');
    }),
  );

  it(
    'passes an error of the source on',
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('-a-#').pipe(orderedMap((value) => value))).toBe('-a-#');
    }),
  );

  it('emits nothing after it was unsubscribed', async () => {
    const source = new Subject<number>();
    const seen: number[] = [];
    const subscription = source.pipe(orderedMap(async (value) => value)).subscribe((value) => seen.push(value));
    source.next(1);
    subscription.unsubscribe();
    await Promise.resolve();
    await Promise.resolve();
    expect(seen).toEqual([]);
    expect(source.observed).toBe(false);
  });
});
