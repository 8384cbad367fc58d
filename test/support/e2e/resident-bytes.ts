import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Memory of this process after garbage collection, including native libraries. */
export function residentBytes(): number {
  collectGarbage();
  return process.memoryUsage().rss;
}
