import { rmSync } from 'node:fs';
import type { HistoryStore } from '../../../server/history/history-store.ts';
import { HistoryDatabase, type HistoryDatabaseOptions } from '../../../server/history/sqlite/history-database.ts';
import { filesIn } from '../../../server/history/sqlite/history-folder.ts';
import { historyError } from '../../../server/history/sqlite/sqlite-error.ts';

/** The history in this thread, which saves a test the start of others. */
export function directHistory(options: HistoryDatabaseOptions): HistoryStore {
  const database = new HistoryDatabase(options);
  const { reader, writer, cleaner } = database;
  const run = async <T>(work: () => T): Promise<T> => {
    try {
      return work();
    } catch (error) {
      throw historyError(error);
    }
  };
  return {
    wasComplete: database.wasWhole,
    write: (batch) => run(() => writer.write(batch)),
    interrupted: () => run(() => database.interrupted()),
    sessions: (query) => run(() => reader.sessions(query)),
    session: (sessionId, epoch) => run(() => reader.session(sessionId, epoch)),
    events: (...args) => run(() => reader.events(...args)),
    utterances: (...args) => run(() => reader.utterances(...args)),
    erase: (...args) => run(() => database.erase(...args)),
    prune: (limits, nowMs) => run(() => cleaner.prune(limits, nowMs)),
    markWhole: (isWhole) =>
      run(() => {
        if (isWhole) database.markWhole();
        else if (options.folder !== null) rmSync(filesIn(options.folder).wholeLog, { force: true });
      }),
    close: () => run(() => database.close()),
  };
}
