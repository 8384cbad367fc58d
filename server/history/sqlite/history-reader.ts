import type { DatabaseSync } from 'node:sqlite';
import type {
  FoundSessions,
  RunName,
  RunRecord,
  SessionQuery,
  StoredEvents,
  UtterancePage,
  UtteranceQuery,
} from '../history-store.ts';
import { decodeEvent } from './event-codec.ts';
import { findSessions } from './find-sessions.ts';
import { keysOfTime } from './keys-of-time.ts';
import { type RunRow, toRun, toUtterance, UTTERANCE_COLUMNS, type UtteranceRow } from './rows.ts';
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

  utterances({ run, fromMs, toMs, cursor, limit }: UtteranceQuery): UtterancePage {
    const [low, high] = run === undefined ? keysOfTime(this.#db, { fromMs, toMs }) : this.#keysOf(run);
    const rows = this.#db
      .prepare(
        `SELECT ${UTTERANCE_COLUMNS} FROM utterance JOIN run ON run.key = utterance.id >> 20
        WHERE utterance.id > $after AND utterance.id < $before AND run.started_at_ms >= $from AND run.started_at_ms < $to
        ORDER BY utterance.id LIMIT $limit`,
      )
      .all({
        after: Math.max(cursor ?? 0, firstIdOf(low) - 1),
        before: Math.min(firstIdOf(high), Number.MAX_SAFE_INTEGER),
        from: fromMs ?? 0,
        to: toMs ?? Number.MAX_SAFE_INTEGER,
        limit,
      }) as unknown as UtteranceRow[];
    const last = rows.length < limit ? undefined : rows.at(-1);
    return { utterances: rows.map(toUtterance), next: last?.id ?? null };
  }

  #keysOf({ sessionId, epoch }: RunName): readonly [number, number] {
    const key = this.#keyOf(sessionId, epoch);
    return [key, key + 1];
  }

  /** 0 if there is no such run. */
  #keyOf(sessionId: string, epoch: string): number {
    const row = this.#db.prepare('SELECT key FROM run WHERE session_id = ? AND epoch = ?').get(sessionId, epoch);
    return (row as { key: number } | undefined)?.key ?? 0;
  }
}
