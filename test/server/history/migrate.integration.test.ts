import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { checkSchema, migrate, readMigrations } from '../../../server/history/sqlite/migrate.ts';
import { temporaryFolder } from '../../support/recordings.ts';

const versionOf = (db: DatabaseSync) => Number(Object.values(db.prepare('PRAGMA user_version').get() ?? {})[0]);
const ONE = { version: 1, sql: 'CREATE TABLE one (id INTEGER) STRICT' };
const TWO = { version: 2, sql: 'CREATE TABLE two (id INTEGER) STRICT; INSERT INTO one VALUES (2)' };

describe('the migrations of the history', () => {
  it('have the numbers from 1 on, without a gap', () => {
    const versions = readMigrations().map(({ version }) => version);
    expect(versions).toEqual(Array.from({ length: versions.length }, (_, index) => index + 1));
  });

  it('are read in the order of their numbers, and other files are not', () => {
    const folder = temporaryFolder();
    for (const name of ['0002-b.sql', '0001-a.sql', 'notes.txt', '3-c.sql']) writeFileSync(join(folder, name), name);
    expect(readMigrations(folder)).toEqual([
      { version: 1, sql: '0001-a.sql' },
      { version: 2, sql: '0002-b.sql' },
    ]);
  });

  it('run once each, and later ones on the data that is there', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db, [ONE]);
    db.exec('INSERT INTO one VALUES (1)');
    migrate(db, [ONE, TWO]);
    migrate(db, [ONE, TWO]);
    expect([versionOf(db), db.prepare('SELECT id FROM one').all()]).toEqual([2, [{ id: 1 }, { id: 2 }]]);
    checkSchema(db, [ONE, TWO]);
    expect(() => checkSchema(db, [ONE])).toThrow('schema 2, this one knows 1');
    db.close();
  });

  it('leave the database as it was when one fails', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db, [ONE]);
    const broken = { version: 2, sql: 'CREATE TABLE two (id INTEGER) STRICT; INSERT INTO nowhere VALUES (1)' };
    expect(() => migrate(db, [ONE, broken])).toThrow('nowhere');
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    expect([versionOf(db), tables]).toEqual([1, [{ name: 'one' }]]);
    db.close();
  });
});
