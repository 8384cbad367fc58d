import type { Subscriber } from 'rxjs';

/**
 * Makes callbacks of a custom operator safe: an error in one becomes the stream's error. Otherwise RxJS reports it as
 * unhandled, which ends the process and every other session.
 */
export function guarded(
  subscriber: Subscriber<unknown>,
): <A extends readonly unknown[]>(callback: (...args: A) => void) => (...args: A) => void {
  return (callback) =>
    (...args) => {
      try {
        callback(...args);
      } catch (error) {
        subscriber.error(error);
      }
    };
}
