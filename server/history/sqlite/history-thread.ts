// A thread that reads or writes the history. SQLite blocks its thread, so it never runs in the main one.
import { parentPort, workerData } from 'node:worker_threads';
import { HistoryDatabase, openReader } from './history-database.ts';
import type { HistoryReader } from './history-reader.ts';
import { historyError } from './sqlite-error.ts';
import {
  type CrossedError,
  type ThreadCall,
  type ThreadData,
  type ThreadReply,
  type ThreadRequest,
  unpackBatch,
} from './thread-messages.ts';

const port = parentPort!;

function open(data: ThreadData): { readonly wasWhole: boolean; answer(call: ThreadCall): unknown } {
  if (data.role === 'reader') {
    const { reader, close } = openReader(data.folder);
    return {
      wasWhole: false,
      answer: (call) => (call.method === 'close' ? close() : read(reader, call)),
    };
  }
  const database = new HistoryDatabase(data);
  return { wasWhole: database.wasWhole, answer: (call) => write(database, call) };
}

function write(database: HistoryDatabase, call: ThreadCall): unknown {
  switch (call.method) {
    case 'write':
      return database.writer.write(unpackBatch(call.batch));
    case 'interrupted':
      return database.interrupted();
    case 'erase':
      return database.erase(call.sessionId, call.ended, call.nowMs);
    case 'prune':
      return database.cleaner.prune(call.limits, call.nowMs);
    case 'mark-whole':
      return database.markWhole();
    case 'close':
      return database.close();
    default:
      return read(database.reader, call);
  }
}

function read(reader: HistoryReader, call: ThreadCall): unknown {
  switch (call.method) {
    case 'sessions':
      return reader.sessions(call.query);
    case 'session':
      return reader.session(call.sessionId, call.epoch);
    case 'events':
      return reader.events(call.run, call.after, call.limit, call.maxBytes);
    case 'utterances':
      return reader.utterances(call.run, call.cursor, call.limit);
    default:
      throw new TypeError(`a reader cannot ${call.method}`);
  }
}

function reply(message: ThreadReply): void {
  port.postMessage(message);
}

function crossed(error: unknown): CrossedError {
  const { code, message, cause } = historyError(error);
  return { code, message, detail: cause instanceof Error ? cause.message : null };
}

try {
  const { wasWhole, answer } = open(workerData as ThreadData);
  port.on('message', ({ id, call }: ThreadRequest) => {
    try {
      reply({ kind: 'done', id, value: answer(call) });
    } catch (error) {
      reply({ kind: 'failed', id, error: crossed(error) });
    }
    if (call.method === 'close') port.close();
  });
  reply({ kind: 'opened', wasWhole });
} catch (error) {
  reply({ kind: 'not-opened', error: crossed(error) });
}
