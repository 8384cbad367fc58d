import { readdirSync, readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { HistoryError } from '../history-error.ts';

export interface Migration {
  /** Version of the schema after it. */
  readonly version: number;
  readonly sql: string;
}

/** Marks a database as one of this server: "Undr". */
const APPLICATION_ID = 0x556e6472;
const FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));

/** The migrations of this version of the server, in order. The number at the start of a file's name is its version. */
export function readMigrations(folder = FOLDER): readonly Migration[] {
  const files = readdirSync(folder).filter((name) => /^\d{4}-.+\.sql$/.test(name));
  return files
    .sort()
    .map((name) => ({ version: Number(name.slice(0, 4)), sql: readFileSync(`${folder}/${name}`, 'utf8') }));
}

/**
 * Checks that a database is new, or one that this version of the server knows. Changes nothing.
 *
 * @throws HistoryError `newer-schema` when a newer version of the server wrote it; `damaged` when it is another program's.
 */
export function checkSchema(db: DatabaseSync, migrations = readMigrations()): void {
  const newest = migrations.at(-1)?.version ?? 0;
  const version = readPragma(db, 'user_version');
  const application = readPragma(db, 'application_id');
  if (version > newest) {
    throw new HistoryError(
      'newer-schema',
      `the history was written by a newer version of the server (schema ${version}, this one knows ${newest}); start that version, or choose another folder with --data-dir`,
    );
  }
  const isEmpty = db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (application === APPLICATION_ID || (application === 0 && version === 0 && isEmpty)) return;
  throw new HistoryError('damaged', 'the file of the history is a database of another program; move it away');
}

/** Brings a database that {@link checkSchema} accepts to the newest version, each step in a transaction of its own. */
export function migrate(db: DatabaseSync, migrations = readMigrations()): void {
  const version = readPragma(db, 'user_version');
  for (const { version: next, sql } of migrations) {
    if (next <= version) continue;
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(sql);
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${next}`);
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }
}

function readPragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}
