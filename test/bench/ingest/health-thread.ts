// Asks `/healthz` of the server whose address is in `workerData`, one request at a time, until it gets a message. Then it
// posts how long each answer took, in ms. A thread of its own, so that the load on the other one delays nothing.
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

const EVERY_MS = 20;

const takenMs: number[] = [];
let stopped = false;
parentPort!.once('message', () => {
  stopped = true;
});
while (!stopped) {
  const fromMs = performance.now();
  const isOk = await new Promise<boolean>((resolve, reject) => {
    get(`${workerData as string}/healthz`, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200));
    }).on('error', reject);
  });
  takenMs.push(isOk ? performance.now() - fromMs : Number.POSITIVE_INFINITY);
  await sleep(EVERY_MS);
}
parentPort!.postMessage(takenMs);
