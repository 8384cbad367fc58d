import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { BatchWriter } from '../../../server/history/sqlite/batch-writer.ts';
import { findSessions } from '../../../server/history/sqlite/find-sessions.ts';
import { filesIn } from '../../../server/history/sqlite/history-folder.ts';
import { IN_MEMORY, openForWriting } from '../../../server/history/sqlite/open-database.ts';
import { historyError } from '../../../server/history/sqlite/sqlite-error.ts';
import { SqliteHistory } from '../../../server/history/sqlite/sqlite-history.ts';
import { directHistory } from '../../support/history/direct-history.ts';
import { describeHistory, describeSurvivingHistory, type HistoryHome } from '../../support/history/history-contract.ts';
import { aCall, aRun, START_MS } from '../../support/history/stored-call.ts';
import { temporaryFolder } from '../../support/recordings.ts';

const OPTIONS = { safeAgainst: 'process', keepsWords: true, startedAtMs: START_MS } as const;

const inMemory = (): HistoryHome => ({
  open: async (options) => directHistory({ ...OPTIONS, ...options, folder: null }),
  remove: () => {},
});

function inFile(): HistoryHome {
  const folder = join(temporaryFolder(), 'data');
  return { open: async (options) => directHistory({ ...OPTIONS, ...options, folder }), remove: () => {} };
}

describeHistory('in memory', inMemory);
describeHistory('in a file', inFile);
describeSurvivingHistory('in a file', inFile);

describe('the files of the history', () => {
  it('hold no words where none may be stored', async () => {
    const folder = temporaryFolder();
    const store = directHistory({ ...OPTIONS, folder, keepsWords: false });
    const call = aCall('a', [{ text: 'never written' }]);
    await store.write({ runs: [call.run], events: call.events });
    expect(filesOf(folder)).not.toContain('never written');
    await store.close();
  });

  it('hold nothing of an erased session', async () => {
    const folder = temporaryFolder();
    const store = directHistory({ ...OPTIONS, folder });
    const call = aCall('gone', [{ text: 'xylophone quagmire' }, { participant: 'zebedee', text: 'xylophone' }]);
    const other = aCall('kept', [{ text: 'other' }]);
    await store.write({ runs: [call.run, other.run], events: [...call.events, ...other.events] });
    expect(filesOf(folder)).toContain('xylophon');
    await store.erase('gone', null, START_MS);
    for (const trace of ['xylophon', 'quagmir', 'zebedee', 'gone']) {
      expect(filesOf(folder).replaceAll('epoch-of-gone', ''), trace).not.toContain(trace);
    }
    await store.close();
  });

  it.skipIf(process.platform === 'win32')('can only be read by the user that runs the server', async () => {
    const data = join(temporaryFolder(), 'data');
    const store = directHistory({ ...OPTIONS, folder: data });
    const call = aCall('a', [{}]);
    await store.write({ runs: [call.run], events: call.events });
    await store.markWhole(true);
    expect(statSync(data).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(data))
      expect([name, statSync(join(data, name)).mode & 0o777]).toEqual([name, 0o600]);
    await store.close();
  });
});

describe('a search in a large history', () => {
  it('ends its page when its time is up, and the next page goes on', async () => {
    const db = openForWriting(IN_MEMORY, 'process');
    const writer = new BatchWriter(db, { keepsWords: true });
    const label = (index: number) => (index % 10 === 0 ? 'joy' : 'anger');
    for (let index = 0; index < 40; index += 1) {
      const call = aCall(`s${index}`, [{ label: label(index), text: 'well' }, { text: 'well' }]);
      writer.write({ runs: [call.run], events: call.events });
    }
    // Each look at the clock takes 10 ms.
    let nowMs = 0;
    const now = () => {
      nowMs += 10;
      return nowMs;
    };
    const [seen, sizes]: [string[], number[]] = [[], []];
    for (let cursor: number | null | undefined; cursor !== null; ) {
      const query = { text: 'well', label: 'joy', limit: 50, ...(cursor !== undefined && { cursor }) } as const;
      const page = findSessions(db, query, now);
      seen.push(...page.sessions.map(({ run }) => run.sessionId));
      sizes.push(page.sessions.length);
      cursor = page.next;
    }
    expect(seen).toEqual(['s30', 's20', 's10', 's0']);
    expect(sizes.length).toBeGreaterThan(10);
    expect(sizes).toContain(0);
    db.close();
  });
});

describe('the history in threads', () => {
  it('writes in one, reads in another, and tells why something failed', async () => {
    const folder = temporaryFolder();
    const store = await SqliteHistory.open({ ...OPTIONS, folder });
    const call = aCall('a', [{ text: 'some words' }]);
    await store.write({ runs: [call.run], events: call.events });
    const { events } = await store.events(call.run, 0, 9, 1e9);
    expect(events.map(({ json }) => JSON.parse(new TextDecoder().decode(json)))).toEqual(call.told);
    await expect(store.write({ runs: [], events: call.events })).rejects.toMatchObject({ code: 'failed' });
    await expect(SqliteHistory.open({ ...OPTIONS, folder })).rejects.toMatchObject({ code: 'in-use' });
    await store.close();
    await expect(store.session('a')).rejects.toMatchObject({ code: 'closed' });
    const again = await SqliteHistory.open({ ...OPTIONS, folder });
    expect(await again.session('a')).toEqual(call.run);
    await again.close();
  });
});

describe('a back-up of the history', () => {
  it('is made while the server writes, and restored as docs/operations.md says', async () => {
    const [folder, restored] = [temporaryFolder(), temporaryFolder()];
    const store = await SqliteHistory.open({ ...OPTIONS, folder });
    const [before, after] = [aCall('before', [{ text: 'some words' }]), aCall('after', [{}])];
    await store.write({ runs: [before.run], events: before.events });
    const db = new DatabaseSync(filesIn(folder).database);
    db.exec(`VACUUM INTO '${filesIn(restored).database}'`);
    db.close();
    await store.write({ runs: [after.run], events: after.events });
    await store.close();

    const again = await SqliteHistory.open({ ...OPTIONS, folder: restored });
    expect(again.wasComplete).toBe(false);
    expect(await again.session('before')).toEqual(before.run);
    expect(await again.session('after')).toBeNull();
    const { sessions } = await again.sessions({ text: 'words', limit: 5 });
    expect(sessions).toHaveLength(1);
    await again.close();
  });
});

describe('a history that cannot be used', () => {
  const open = (folder: string) => SqliteHistory.open({ ...OPTIONS, folder });

  it('is not opened when a newer version of the server wrote it', async () => {
    const folder = temporaryFolder();
    await (await open(folder)).close();
    const db = new DatabaseSync(filesIn(folder).database);
    db.exec('PRAGMA user_version = 999');
    db.close();
    const before = readFileSync(filesIn(folder).database);
    await expect(open(folder)).rejects.toMatchObject({
      code: 'newer-schema',
      message: expect.stringContaining('newer version of the server (schema 999'),
    });
    expect(readFileSync(filesIn(folder).database)).toEqual(before);
  });

  it("is not opened when it is another program's database, and that is left alone", async () => {
    const folder = temporaryFolder();
    const db = new DatabaseSync(filesIn(folder).database);
    db.exec('CREATE TABLE theirs (id INTEGER) STRICT; PRAGMA user_version = 1');
    db.close();
    await expect(open(folder)).rejects.toMatchObject({ code: 'damaged' });
    const again = new DatabaseSync(filesIn(folder).database);
    expect(again.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'theirs' }]);
    again.close();
  });

  it('is not opened when its file is no database', async () => {
    const folder = temporaryFolder();
    writeFileSync(filesIn(folder).database, 'no database, but long enough to be read as one'.repeat(20));
    await expect(open(folder)).rejects.toMatchObject({ code: 'damaged' });
  });

  it('is not opened when a file has the name of its folder', async () => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, '');
    await expect(open(path)).rejects.toMatchObject({ code: 'not-writable' });
    await expect(open(join(path, 'below'))).rejects.toMatchObject({ code: 'not-writable' });
  });

  // Root may write everywhere.
  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'is not opened in a read-only folder',
    async () => {
      const folder = temporaryFolder();
      mkdirSync(join(folder, 'data'));
      chmodSync(join(folder, 'data'), 0o500);
      await expect(open(join(folder, 'data'))).rejects.toMatchObject({ code: 'not-writable' });
    },
  );

  it('says that its file is damaged when a part of it was overwritten', async () => {
    const folder = temporaryFolder();
    const store = await open(folder);
    const call = aCall(
      'a',
      Array.from({ length: 400 }, (_, index) => ({ text: `word ${index}` })),
    );
    await store.write({ runs: [call.run], events: call.events });
    await store.close();
    const { database } = filesIn(folder);
    const bytes = readFileSync(database);
    bytes.fill(0xff, 8192, bytes.byteLength - 8192);
    writeFileSync(database, bytes);
    const reading = open(folder).then(async (again) => {
      await again.events(call.run, 0, 1000, 1e9).finally(() => again.close());
    });
    await expect(reading).rejects.toMatchObject({ code: 'damaged' });
  });

  it('says that the disk is full, and keeps what was stored before', () => {
    const db = openForWriting(IN_MEMORY, 'process');
    const writer = new BatchWriter(db, { keepsWords: true });
    writer.write({ runs: [aRun('before')], events: [] });
    const { page_count: pages } = db.prepare('PRAGMA page_count').get() as { page_count: number };
    db.exec(`PRAGMA max_page_count = ${pages + 2}`);
    const call = aCall(
      'a',
      Array.from({ length: 200 }, (_, index) => ({ text: `word ${index}` })),
    );
    let failure: unknown = null;
    try {
      writer.write({ runs: [call.run], events: call.events });
    } catch (error) {
      failure = historyError(error);
    }
    expect(failure).toMatchObject({ code: 'disk-full' });
    expect(db.prepare('SELECT session_id FROM run').all()).toEqual([{ session_id: 'before' }]);
    db.close();
  });
});

function filesOf(folder: string): string {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return names.map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1')).join('\n');
}
