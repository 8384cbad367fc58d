import { rm } from 'node:fs/promises';
import type {
  Deleted,
  FoundSessions,
  HistoryBatch,
  HistoryStore,
  Pruned,
  RetentionLimits,
  RunName,
  RunRecord,
  SessionQuery,
  StoredEvents,
  UtterancePage,
} from '../history-store.ts';
import type { HistoryDatabaseOptions } from './history-database.ts';
import { filesIn } from './history-folder.ts';
import { HistoryWorker } from './history-worker.ts';
import { packBatch } from './thread-messages.ts';

/** The history in a SQLite database. One thread writes. Another one reads, so that no search delays an event. */
export class SqliteHistory implements HistoryStore {
  readonly wasComplete: boolean;
  readonly #writer: HistoryWorker;
  readonly #reader: HistoryWorker;
  readonly #folder: string | null;
  #marking: Promise<void> = Promise.resolve();

  private constructor(
    writer: HistoryWorker,
    reader: HistoryWorker,
    { folder, wasComplete }: { readonly folder: string | null; readonly wasComplete: boolean },
  ) {
    this.#folder = folder;
    this.#writer = writer;
    this.#reader = reader;
    this.wasComplete = wasComplete;
  }

  /**
   * Opens the history, and creates its folder if it is missing.
   *
   * @throws HistoryError
   */
  static async open(options: HistoryDatabaseOptions): Promise<SqliteHistory> {
    const { folder } = options;
    const { worker: writer, wasWhole } = await HistoryWorker.start({ role: 'writer', ...options });
    // A database in memory belongs to one connection.
    if (folder === null) return new SqliteHistory(writer, writer, { folder, wasComplete: wasWhole });
    try {
      const { worker: reader } = await HistoryWorker.start({ role: 'reader', folder });
      return new SqliteHistory(writer, reader, { folder, wasComplete: wasWhole });
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  write(batch: HistoryBatch): Promise<void> {
    const packed = packBatch(batch);
    return this.#writer.call({ method: 'write', batch: packed }, [packed.bytes.buffer]);
  }

  interrupted(): Promise<readonly RunRecord[]> {
    return this.#writer.call({ method: 'interrupted' });
  }

  sessions(query: SessionQuery): Promise<FoundSessions> {
    return this.#reader.read({ method: 'sessions', query });
  }

  session(sessionId: string, epoch?: string): Promise<RunRecord | null> {
    return this.#reader.read({ method: 'session', sessionId, epoch });
  }

  events({ sessionId, epoch }: RunName, after: number, limit: number, maxBytes: number): Promise<StoredEvents> {
    return this.#reader.read({ method: 'events', run: { sessionId, epoch }, after, limit, maxBytes });
  }

  utterances({ sessionId, epoch }: RunName, cursor: number | null, limit: number): Promise<UtterancePage> {
    return this.#reader.read({ method: 'utterances', run: { sessionId, epoch }, cursor, limit });
  }

  erase(sessionId: string, ended: string | null, nowMs: number): Promise<Deleted> {
    return this.#writer.read({ method: 'erase', sessionId, ended, nowMs });
  }

  prune(limits: RetentionLimits, nowMs: number): Promise<Pruned> {
    return this.#writer.call({ method: 'prune', limits, nowMs });
  }

  async markWhole(isWhole: boolean): Promise<void> {
    if (isWhole) {
      this.#marking = this.#writer.call({ method: 'mark-whole' });
      return this.#marking;
    }
    if (this.#folder === null) return;
    const { wholeLog } = filesIn(this.#folder);
    // The mark is taken back in this thread, because the one that writes may be stuck or gone. It may also be about to set
    // the mark.
    await rm(wholeLog, { force: true });
    await this.#marking.catch(() => {});
    await rm(wholeLog, { force: true });
  }

  async close(): Promise<void> {
    await this.#reader.close();
    await this.#writer.close();
  }
}
