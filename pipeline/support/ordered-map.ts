import { concatMap, from, map, type OperatorFunction, of } from 'rxjs';

/**
 * Maps each value at once, asynchronously and in parallel, and emits the results in the order of the source.
 * A plain (non-promise) result costs no microtask when nothing before it is pending.
 * `project` must limit its own time: a promise that never settles delays all results after it.
 */
export function orderedMap<I, O>(project: (value: I) => O | Promise<O>): OperatorFunction<I, O> {
  return (source) =>
    source.pipe(
      map((value) => {
        const result = project(value);
        return result instanceof Promise ? from(result) : of(result);
      }),
      concatMap((result) => result),
    );
}
