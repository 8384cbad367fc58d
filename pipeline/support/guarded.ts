import type { Subscriber } from 'rxjs';

/**
 * Makes callbacks of a custom operator safe: what one throws becomes the stream's error. RxJS reports it as unhandled
 * otherwise, and an unhandled error ends the process, and with it every other session.
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
