// A worker thread that does what each request says: echo, fail, throw, exit, or never answer.
import { existsSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerReply, WorkerRequest } from '../../../models/runtime/worker-messages.ts';

export type UnrulyRequest = 'echo' | 'fail' | 'throw' | 'exit' | 'hang';

if (parentPort === null) throw new TypeError('unruly-worker.ts is the entry of a worker thread');
const port = parentPort;
const send = (message: WorkerReply<string, UnrulyRequest>) => port.postMessage(message);

/** Path of a file. The worker refuses to start while the file exists. */
const { refuseWhile } = workerData as { readonly refuseWhile: string };
if (existsSync(refuseWhile)) send({ kind: 'refused', message: 'not today' });
else {
  send({ kind: 'ready', hello: 'hello' });
  port.on('message', (message: WorkerRequest<UnrulyRequest>) => {
    if (message.kind === 'close') {
      port.close();
      return;
    }
    const { id, body } = message;
    switch (body) {
      case 'echo':
        send({ kind: 'reply', id, body });
        break;
      case 'fail':
        send({ kind: 'error', id, message: 'cannot compute' });
        break;
      case 'throw':
        throw new Error('out of cheese');
      case 'exit':
        process.exit(3);
        break;
      case 'hang':
        break;
    }
  });
}
