import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HistoryError } from '../history-error.ts';
import type { SafeAgainst } from './open-database.ts';

/** The files in the folder of the data. Only the user that runs the server may read them. */
export function filesIn(folder: string) {
  return {
    database: join(folder, 'history.db'),
    lock: join(folder, 'history.lock'),
    wholeLog: join(folder, 'history.whole'),
  } as const;
}

/** Makes the folder with mode 0700. A folder that exists keeps its mode. */
export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/**
 * Takes the folder for this process until the returned connection is closed or the process ends, however it ends.
 *
 * @throws HistoryError `in-use`.
 */
export function lockFolder(folder: string): DatabaseSync {
  const { lock } = filesIn(folder);
  const db = new DatabaseSync(lock);
  try {
    chmodSync(lock, 0o600);
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    if (((error as { errcode?: number }).errcode ?? 0) % 256 !== SQLITE_BUSY) throw error;
    const message = 'another server uses the data folder; stop it, or choose another folder with --data-dir';
    throw new HistoryError('in-use', message, { cause: error });
  }
}

const SQLITE_BUSY = 5;

/** What the mark of a whole log says. */
interface Mark {
  readonly boot: string;
  readonly safeAgainst: SafeAgainst;
}

/**
 * Whether everything that subscribers saw before this start is in the log. It is not if the server before told events
 * that it had not stored, or if the machine stopped with data that was not on the disk yet.
 */
export function wasWhole(folder: string, nowMs: number): boolean {
  try {
    const mark = JSON.parse(readFileSync(filesIn(folder).wholeLog, 'utf8')) as Mark;
    return mark.safeAgainst === 'power' || mark.boot === bootName(nowMs);
  } catch {
    return false;
  }
}

/** Notes that from now on no event is told before it is stored. To take it back, delete the file. It works on a full disk. */
export function markWhole(folder: string, safeAgainst: SafeAgainst, nowMs: number): void {
  const mark: Mark = { boot: bootName(nowMs), safeAgainst };
  writeFileSync(filesIn(folder).wholeLog, JSON.stringify(mark), { mode: 0o600 });
}

/** Differs after each start of the machine. */
function bootName(nowMs: number): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // Another system than Linux. A wrong guess only means that interrupted sessions begin anew.
    return `started-in-minute-${Math.round((nowMs / 1000 - uptime()) / 60)}`;
  }
}
