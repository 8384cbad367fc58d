import { Observable, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { guarded } from '../../../pipeline/support/guarded.ts';

const double = (source: Observable<number>) =>
  new Observable<number>((subscriber) =>
    source.subscribe(
      guarded(subscriber)((value: number) => {
        if (value === 3) throw new Error('three');
        subscriber.next(value * 2);
      }),
    ),
  );

describe('guarded', () => {
  it('makes what a callback throws the error of its own stream alone', () => {
    const source = new Subject<number>();
    const seen: unknown[] = [];
    source
      .pipe(double)
      .subscribe({ next: (value) => seen.push(value), error: (error: Error) => seen.push(error.message) });
    const neighbour: number[] = [];
    source.subscribe((value) => neighbour.push(value));
    for (const value of [1, 3, 4]) source.next(value);
    expect(seen).toEqual([2, 'three']);
    expect(neighbour).toEqual([1, 3, 4]);
  });
});
