import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Memory of this process once its garbage is collected: what is held, native libraries included. */
export function residentBytes(): number {
  collectGarbage();
  return process.memoryUsage().rss;
}
