import type { DatabaseSync } from 'node:sqlite';
import type { Deleted, RunRecord } from '../history-store.ts';
import { BatchWriter } from './batch-writer.ts';
import { HistoryCleaner } from './history-cleaner.ts';
import { filesIn, lockFolder, makeFolder, markWhole, wasWhole } from './history-folder.ts';
import { HistoryReader } from './history-reader.ts';
import { IN_MEMORY, openForReading, openForWriting, type SafeAgainst } from './open-database.ts';
import { type RunRow, toRun } from './rows.ts';
import { firstIdOf } from './units.ts';

export interface HistoryDatabaseOptions {
  /** Folder of the data. Null: in memory only. */
  readonly folder: string | null;
  readonly safeAgainst: SafeAgainst;
  /** Whether words are stored. */
  readonly keepsWords: boolean;
  /** Wall-clock time at the start, in ms since 1970. */
  readonly startedAtMs: number;
}

/** The history in one SQLite database. It blocks the thread that uses it. */
export class HistoryDatabase {
  /** Whether everything that subscribers saw before this start is stored. */
  readonly wasWhole: boolean;
  readonly writer: BatchWriter;
  readonly cleaner: HistoryCleaner;
  readonly reader: HistoryReader;
  readonly #options: HistoryDatabaseOptions;
  readonly #lock: DatabaseSync | null;
  readonly #db: DatabaseSync;

  /**
   * Takes the folder and opens the database for writing.
   *
   * @throws HistoryError, or an error of SQLite or the file system.
   */
  constructor(options: HistoryDatabaseOptions) {
    const { folder, safeAgainst, keepsWords, startedAtMs } = options;
    if (folder !== null) makeFolder(folder);
    this.#options = options;
    this.#lock = folder === null ? null : lockFolder(folder);
    try {
      this.wasWhole = folder !== null && wasWhole(folder, startedAtMs);
      this.#db = openForWriting(folder === null ? IN_MEMORY : filesIn(folder).database, safeAgainst);
    } catch (error) {
      this.#lock?.close();
      throw error;
    }
    this.writer = new BatchWriter(this.#db, { keepsWords });
    this.cleaner = new HistoryCleaner(this.#db);
    this.reader = new HistoryReader(this.#db);
  }

  /** Notes that from now on every event is stored before it is told. */
  markWhole(): void {
    const { folder, safeAgainst, startedAtMs } = this.#options;
    if (folder !== null) markWhole(folder, safeAgainst, startedAtMs);
  }

  /** Runs that did not end before the server stopped. They are marked as interrupted. */
  interrupted(): readonly RunRecord[] {
    this.#db.exec("UPDATE run SET state = 'interrupted' WHERE state = 'live'");
    const rows = this.#db.prepare("SELECT * FROM run WHERE state <> 'ended' ORDER BY key").all();
    return (rows as unknown as RunRow[]).map((row) => this.#asStored(row));
  }

  /** See {@link HistoryCleaner.erase}. What is still on its way about the runs is not stored. */
  erase(sessionId: string, ended: string | null, nowMs: number): Deleted {
    const deleted = this.cleaner.erase(sessionId, ended, nowMs);
    this.writer.forgetKeys();
    return deleted;
  }

  close(): void {
    this.#db.close();
    this.#lock?.close();
  }

  /** A record may be ahead of the events that were stored with it, so its utterances are counted. */
  #asStored(row: RunRow): RunRecord {
    const { count } = this.#db
      .prepare('SELECT count(*) AS count FROM utterance WHERE id >= ? AND id < ?')
      .get(firstIdOf(row.key), firstIdOf(row.key + 1)) as { count: number };
    const run = { ...toRun(row), utteranceCount: count };
    const { lastSequence } = this.reader.events(run, Number.MAX_SAFE_INTEGER, 1, 1);
    // Both are stored together, so they only differ in a damaged file.
    return lastSequence === run.lastSequence ? run : { ...run, lastSequence, isComplete: false };
  }
}

/** A second connection to the same database, which only reads. Close it with the returned function. */
export function openReader(folder: string): { readonly reader: HistoryReader; close(): void } {
  const db = openForReading(filesIn(folder).database);
  return { reader: new HistoryReader(db), close: () => db.close() };
}
