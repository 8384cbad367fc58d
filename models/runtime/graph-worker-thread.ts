// Entry of a graph worker's thread: loads the graphs of `workerData`, then answers one request after the other.
import { parentPort, workerData } from 'node:worker_threads';
import { firstLine } from '../model-error.ts';
import { runGuarded } from './exit-guard.ts';
import type { GraphSignature } from './graph-signature.ts';
import { buffersOf, type GraphReply, type GraphRequest, type GraphWorkerData } from './graph-worker-messages.ts';
import type { OnnxSession } from './onnx-session.ts';
import type { WorkerReply, WorkerRequest } from './worker-messages.ts';

type Message = WorkerReply<Readonly<Record<string, GraphSignature>>, GraphReply>;

if (parentPort === null) throw new TypeError('graph-worker-thread.ts is the entry of a worker thread');
const { graphs, provider, exitFlags, port = parentPort } = workerData as GraphWorkerData;
const sessions = new Map<string, OnnxSession>();

function send(message: Message, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

async function load(): Promise<void> {
  const { openOnnxSession } = await runGuarded(exitFlags, () => import('./onnx-session.ts'));
  const signatures: Record<string, GraphSignature> = {};
  for (const [graph, file] of Object.entries(graphs)) {
    const session = await runGuarded(exitFlags, () => openOnnxSession(file, provider));
    sessions.set(graph, session);
    signatures[graph] = session.signature;
  }
  send({ kind: 'ready', hello: signatures });
}

async function compute({ graph, feeds }: GraphRequest): Promise<GraphReply> {
  const session = sessions.get(graph);
  if (session === undefined) throw new Error(`no graph is named "${graph}"`);
  return runGuarded(exitFlags, () => session.run(feeds));
}

async function answer(id: number, request: GraphRequest): Promise<void> {
  try {
    const body = await compute(request);
    send({ kind: 'reply', id, body }, buffersOf(body));
  } catch (error) {
    send({ kind: 'error', id, message: firstLine(error) });
  }
}

async function close(): Promise<void> {
  for (const [graph, session] of sessions) {
    sessions.delete(graph);
    await runGuarded(exitFlags, () => session.release());
  }
  port.close();
}

async function serve(): Promise<void> {
  try {
    await load();
  } catch (error) {
    send({ kind: 'refused', message: firstLine(error) });
    return;
  }
  // The promise chain keeps requests one at a time and in order.
  port.on('message', (message: WorkerRequest<GraphRequest>) => {
    last = last.then(() => (message.kind === 'close' ? close() : answer(message.id, message.body)));
  });
}

const served = serve();
let last: Promise<void> = served;
// Whoever sent requests is gone.
port.once('close', () => {
  last = last.then(close);
});
