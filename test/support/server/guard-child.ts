// Runs in a separate process: shows what happens to uncaught errors inside and outside of a peer's guard.
import { setTimeout as sleep } from 'node:timers/promises';
import { installLastGuard, leaveGuard, PeerGuard } from '../../../server/peer-guard.ts';

const remove = installLastGuard();
const faults: string[] = [];
const guarded = (work: () => void): void => {
  const guard = new PeerGuard((error) => faults.push((error as Error).message));
  guard.run(work, undefined);
};
const fail = (message: string) => () => {
  throw new Error(message);
};

const ways: Record<string, () => void> = {
  inside() {
    guarded(fail('at once'));
    guarded(() => setTimeout(fail('timer'), 1));
    guarded(() => setImmediate(fail('immediate')));
    guarded(() => queueMicrotask(fail('microtask')));
    guarded(() => process.nextTick(fail('tick')));
    guarded(() => void Promise.resolve().then(fail('promise')));
    guarded(() => void sleep(1).then(fail('promise later')));
    guarded(() => {
      setTimeout(fail('first of two'), 1);
      setTimeout(fail('second of two'), 2);
    });
  },
  timer: () => void setTimeout(fail('a broken invariant'), 1),
  promise: () => void Promise.reject(new Error('a broken invariant')),
  'promise without an error': () => void Promise.reject('nothing much'),
  left: () => guarded(() => leaveGuard(() => setTimeout(fail('a broken invariant'), 1), undefined)),
  removed() {
    remove();
    guarded(() => setTimeout(fail('a broken invariant'), 1));
  },
};

ways[process.argv[2]!]!();
await sleep(100);
process.stdout.write(JSON.stringify(faults.toSorted()));
