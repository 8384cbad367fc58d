import type { DatabaseSync } from 'node:sqlite';
import type { FoundSessions, RunName, RunRecord, SessionQuery, StoredEvents, UtterancePage } from '../history-store.ts';
import { decodeEvent } from './event-codec.ts';
import { findSessions } from './find-sessions.ts';
import { type RunRow, toRun, toUtterance, UTTERANCE_COLUMNS, type UtteranceColumns } from './rows.ts';
import { firstIdOf } from './units.ts';

/** Reads the history over one connection. */
export class HistoryReader {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  sessions(query: SessionQuery): FoundSessions {
    return findSessions(this.#db, query);
  }

  session(sessionId: string, epoch?: string): RunRecord | null {
    const row =
      epoch === undefined
        ? this.#db.prepare('SELECT * FROM run WHERE session_id = ? ORDER BY key DESC LIMIT 1').get(sessionId)
        : this.#db.prepare('SELECT * FROM run WHERE session_id = ? AND epoch = ?').get(sessionId, epoch);
    return row === undefined ? null : toRun(row as unknown as RunRow);
  }

  events({ sessionId, epoch }: RunName, after: number, limit: number, maxBytes: number): StoredEvents {
    const key = this.#keyOf(sessionId, epoch);
    const { first, last } = this.#db
      .prepare('SELECT min(sequence) AS first, max(sequence) AS last FROM event WHERE run = ?')
      .get(key) as { first: number | null; last: number | null };
    const events: { sequence: number; json: Uint8Array }[] = [];
    let bytes = 0;
    const rows = this.#db
      .prepare(
        `SELECT event.sequence, event.body, words.text FROM event
        LEFT JOIN words ON words.run = event.run AND words.sequence = event.sequence
        WHERE event.run = ? AND event.sequence > ? ORDER BY event.sequence LIMIT ?`,
      )
      .iterate(key, after, limit) as Iterable<{ sequence: number; body: Uint8Array; text: string | null }>;
    for (const { sequence, body, text } of rows) {
      const json = decodeEvent(body, text);
      events.push({ sequence, json });
      bytes += json.byteLength;
      if (bytes >= maxBytes) break;
    }
    return { events, firstSequence: first ?? 1, lastSequence: last ?? 0 };
  }

  utterances({ sessionId, epoch }: RunName, cursor: number | null, limit: number): UtterancePage {
    const key = this.#keyOf(sessionId, epoch);
    const rows = this.#db
      .prepare(
        `SELECT ${UTTERANCE_COLUMNS} FROM utterance JOIN run ON run.key = ?
        WHERE utterance.id > ? AND utterance.id < ? ORDER BY utterance.id LIMIT ?`,
      )
      .all(key, cursor ?? firstIdOf(key) - 1, firstIdOf(key + 1), limit) as unknown as UtteranceColumns[];
    const last = rows.length < limit ? undefined : rows.at(-1);
    return { utterances: rows.map(toUtterance), next: last?.id ?? null };
  }

  /** 0 if there is no such run. */
  #keyOf(sessionId: string, epoch: string): number {
    const row = this.#db.prepare('SELECT key FROM run WHERE session_id = ? AND epoch = ?').get(sessionId, epoch);
    return (row as { key: number } | undefined)?.key ?? 0;
  }
}
