import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { checkSchema, migrate } from './migrate.ts';

/** Path of a database that is only in memory. */
export const IN_MEMORY = ':memory:';

/**
 * When stored data is safe. `process`: it survives the end of the process, but a power cut may take the newest seconds.
 * `power`: it is forced to the disk first, which takes a few ms per group of events.
 */
export type SafeAgainst = 'process' | 'power';

/**
 * Opens the database for writing, and creates or migrates it. Only the user that runs the server may read its file.
 *
 * @throws HistoryError, or the error of SQLite.
 */
export function openForWriting(path: string, safeAgainst: SafeAgainst): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    db.exec('PRAGMA busy_timeout = 5000');
    checkSchema(db);
    // The file must be private before it holds anything. SQLite gives its -wal and -shm files the same mode.
    if (path !== IN_MEMORY) chmodSync(path, 0o600);
    // It only takes effect while the database is empty.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    db.exec('PRAGMA journal_mode = WAL');
    db.exec(`PRAGMA synchronous = ${safeAgainst === 'power' ? 'FULL' : 'NORMAL'}`);
    // Deleted content is overwritten with zeros.
    db.exec('PRAGMA secure_delete = ON');
    // A checkpoint delays the group that causes it, so it comes after 16 MiB of changes and not after 4.
    db.exec('PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -16384');
    db.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens the database for reading only, while another connection writes. */
export function openForReading(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true });
  db.exec('PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA trusted_schema = OFF');
  db.exec('PRAGMA cache_size = -16384');
  return db;
}
