import type { DatabaseSync } from 'node:sqlite';
import type { Deleted, Pruned, RetentionLimits } from '../history-store.ts';
import { firstIdOf } from './units.ts';

/** Runs that one step of retention works on, so that events that are to be stored need not wait long. */
const RUNS_PER_STEP = 4;
/** Pages that one step gives back to the file system. */
const PAGES_PER_STEP = 256;

type Kind = 'words' | 'events' | 'sessions';

const NOTHING: Deleted = { words: 0, events: 0, sessions: 0 };

/** Deletes from the history: what is too old, what is too much, and what somebody asked to erase. */
export class HistoryCleaner {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Deletes every ended run with this id, and the one with the epoch `ended`, and their traces in the files. */
  erase(sessionId: string, ended: string | null, nowMs: number): Deleted {
    const runs = this.#db
      .prepare("SELECT key, epoch FROM run WHERE session_id = ? AND (state = 'ended' OR epoch = ?)")
      .all(sessionId, ended) as { key: number; epoch: string }[];
    if (runs.length === 0) return NOTHING;
    const deleted = this.#inTransaction(() => {
      const parts = runs.map(({ key, epoch }) => {
        const part = this.#deleteRun(key);
        this.#db
          .prepare('INSERT OR REPLACE INTO erasure (epoch, erased_at_ms, events, words) VALUES (?, ?, ?, ?)')
          .run(epoch, nowMs, part.events, part.words);
        return part;
      });
      return parts.reduce(plus, NOTHING);
    });
    // The log of changes still holds the old pages. A reader may keep it in use for a moment, so this may take two tries.
    for (let tries = 0; tries < 2; tries += 1) {
      const { busy } = this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
      if (busy === 0) break;
    }
    return deleted;
  }

  /** Deletes a limited amount of what is older or more than the limits say. */
  prune({ wordsMs, eventsMs, summariesMs, maxBytes }: RetentionLimits, nowMs: number): Pruned {
    const steps: readonly [Kind, number][] = [
      ['words', nowMs - wordsMs],
      ['events', nowMs - eventsMs],
      ['sessions', nowMs - summariesMs],
    ];
    let deleted = NOTHING;
    let left = RUNS_PER_STEP;
    for (const [kind, beforeMs] of steps) {
      const keys = left === 0 ? [] : this.#endedBefore(kind, beforeMs, left);
      left -= keys.length;
      deleted = plus(deleted, this.#delete(kind, keys));
    }
    if (left > 0 && this.bytes > maxBytes) {
      const kind: Kind = this.#endedBefore('events', nowMs, 1).length > 0 ? 'events' : 'sessions';
      const keys = this.#endedBefore(kind, nowMs, left);
      left -= keys.length;
      deleted = plus(deleted, this.#delete(kind, keys));
    }
    this.#run('DELETE FROM erasure WHERE erased_at_ms < ?', nowMs - summariesMs);
    this.#db.exec(`PRAGMA incremental_vacuum(${PAGES_PER_STEP})`);
    return { ...deleted, bytes: this.bytes, isMore: left === 0 || this.#pragma('freelist_count') > PAGES_PER_STEP };
  }

  /** Bytes that the data takes, without pages that are free. */
  get bytes(): number {
    return (this.#pragma('page_count') - this.#pragma('freelist_count')) * this.#pragma('page_size');
  }

  /** The oldest runs that still have data of this kind and ended before then. */
  #endedBefore(kind: Kind, beforeMs: number, limit: number): readonly number[] {
    const has = { words: 'has_words = 1 AND', events: 'has_events = 1 AND', sessions: '' }[kind];
    const rows = this.#db
      .prepare(`SELECT key FROM run WHERE ${has} state = 'ended' AND ended_at_ms < ? ORDER BY key LIMIT ?`)
      .all(beforeMs, limit) as { key: number }[];
    return rows.map(({ key }) => key);
  }

  #delete(kind: Kind, keys: readonly number[]): Deleted {
    if (keys.length === 0) return NOTHING;
    return this.#inTransaction(() =>
      keys
        .map((key) => {
          if (kind === 'sessions') return this.#deleteRun(key);
          return kind === 'events' ? this.#deleteEvents(key) : { ...NOTHING, words: this.#deleteWords(key) };
        })
        .reduce(plus, NOTHING),
    );
  }

  #deleteRun(key: number): Deleted {
    const deleted = this.#deleteEvents(key);
    this.#run('DELETE FROM utterance WHERE id >= ? AND id < ?', firstIdOf(key), firstIdOf(key + 1));
    this.#run('DELETE FROM participant WHERE run = ?', key);
    this.#run('DELETE FROM run WHERE key = ?', key);
    return { ...deleted, sessions: 1 };
  }

  /** Deletes the events of a run with their words. */
  #deleteEvents(key: number): Deleted {
    const words = this.#deleteWords(key);
    const events = this.#run('DELETE FROM event WHERE run = ?', key);
    this.#run('UPDATE run SET has_events = 0 WHERE key = ?', key);
    return { words, events, sessions: 0 };
  }

  #deleteWords(key: number): number {
    const indexed = this.#db
      .prepare(
        `SELECT utterance.id, words.text FROM utterance
        JOIN words ON words.run = ? AND words.sequence = utterance.sequence WHERE id >= ? AND id < ?`,
      )
      .all(key, firstIdOf(key), firstIdOf(key + 1)) as { id: number; text: string }[];
    const remove = this.#db.prepare("INSERT INTO spoken (spoken, rowid, text) VALUES ('delete', ?, ?)");
    for (const { id, text } of indexed) remove.run(id, text);
    const words = this.#run('DELETE FROM words WHERE run = ?', key);
    this.#run('UPDATE run SET has_words = 0 WHERE key = ?', key);
    return words;
  }

  #run(sql: string, ...values: number[]): number {
    return Number(this.#db.prepare(sql).run(...values).changes);
  }

  #pragma(name: string): number {
    return Number(Object.values(this.#db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  }

  #inTransaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

function plus(a: Deleted, b: Deleted): Deleted {
  return { words: a.words + b.words, events: a.events + b.events, sessions: a.sessions + b.sessions };
}
