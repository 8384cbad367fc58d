import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { EMOTION_LABELS, PARTICIPANT_ROLES } from '../../../client-sdk/protocol/index.ts';
import type { FoundSession, FoundSessions, SessionQuery } from '../history-store.ts';
import { keysOfTime } from './keys-of-time.ts';
import { type RunRow, toRun, toUtterance, UTTERANCE_COLUMNS, type UtteranceRow } from './rows.ts';
import { toMatch } from './to-match.ts';
import { CONFIDENCE_UNITS, firstIdOf, runKeyOf } from './units.ts';

/** Candidates that one page may check. Each takes a few microseconds. */
const MAX_CANDIDATES = 20_000;

/**
 * One page of sessions, newest first. Candidates come from the index that fits the query best, and are checked one by
 * one until the page is full or too many were checked. Then it has fewer sessions than asked for, and a cursor to go on.
 */
export function findSessions(db: DatabaseSync, query: SessionQuery, maxCandidates = MAX_CANDIDATES): FoundSessions {
  const search = new SessionSearch(db, query);
  const sessions: FoundSession[] = [];
  let seen = 0;
  let lastKey = query.cursor ?? Number.MAX_SAFE_INTEGER;
  let foundKey: number | null = null;
  for (const [key, utteranceId] of search.candidates()) {
    seen += 1;
    // All candidates of a run are checked before the page ends, so that the next page neither repeats nor skips it.
    if (key !== lastKey) {
      if (sessions.length === query.limit || seen > maxCandidates) return { sessions, next: lastKey };
      lastKey = key;
    }
    if (key === foundKey) continue;
    const found = search.check(key, utteranceId);
    if (found === null) continue;
    foundKey = key;
    sessions.push(found);
  }
  return { sessions, next: null };
}

/** A run, and the utterance that made it a candidate. */
type Candidate = readonly [key: number, utteranceId: number | null];

class SessionSearch {
  readonly #db: DatabaseSync;
  readonly #query: SessionQuery;
  readonly #match: string | null;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync, query: SessionQuery) {
    this.#db = db;
    this.#query = query;
    this.#match = query.text === undefined ? null : toMatch(query.text);
  }

  /** Runs that may fulfil the query, newest first, each once or several times in a row. */
  *candidates(): Generator<Candidate> {
    const { text, label, minConfidence, participant, sessionId, state } = this.#query;
    const before = this.#query.cursor ?? Number.MAX_SAFE_INTEGER;
    const [low, end] = keysOfTime(this.#db, this.#query);
    const high = Math.min(before, end);
    if (low >= high || (text !== undefined && this.#match === null)) return;
    if (sessionId !== undefined) {
      yield* this.#runs('session_id = ? AND key >= ? AND key < ?', [sessionId, low, high]);
    } else if (this.#match !== null) {
      yield* this.#utterances('SELECT rowid AS id FROM spoken WHERE spoken MATCH ? AND rowid >= ? AND rowid < ?', [
        this.#match,
        // FTS5 only takes bounds that are integers.
        BigInt(firstIdOf(low)),
        BigInt(idBefore(high)),
      ]);
    } else if (label !== undefined) {
      const least = Math.round((minConfidence ?? 0) * CONFIDENCE_UNITS);
      yield* this.#utterances('SELECT id FROM utterance WHERE label = ? AND id >= ? AND id < ? AND confidence >= ?', [
        EMOTION_LABELS.indexOf(label),
        firstIdOf(low),
        idBefore(high),
        least,
      ]);
    } else if (participant !== undefined) {
      const rows = this.#db
        .prepare('SELECT run FROM participant WHERE participant = ? AND run >= ? AND run < ? ORDER BY run DESC')
        .iterate(participant, low, high);
      for (const { run } of rows as Iterable<{ run: number }>) yield [run, null];
    } else if (state !== undefined && state !== 'ended') {
      yield* this.#runs("state <> 'ended' AND key >= ? AND key < ?", [low, high]);
    } else {
      yield* this.#runs('key >= ? AND key < ?', [low, high]);
    }
  }

  /** The session of a candidate. Null if it does not fulfil the query. */
  check(key: number, utteranceId: number | null): FoundSession | null {
    const { state, fromMs = 0, toMs = Number.POSITIVE_INFINITY, participant, role, sessionId } = this.#query;
    const utterance = this.#utteranceOf(key, utteranceId);
    if (utterance === null && this.#wantsUtterance) return null;
    const row = this.#prepare('SELECT * FROM run WHERE key = ?').get(key) as RunRow | undefined;
    if (row === undefined || (state !== undefined && row.state !== state)) return null;
    if (sessionId !== undefined && row.session_id !== sessionId) return null;
    if (row.started_at_ms < fromMs || row.started_at_ms >= toMs) return null;
    const run = toRun(row);
    if (utterance === null && (participant ?? role) !== undefined) {
      const takesPart = run.participants.some(
        ({ participant: { id, role: has } }) => (participant ?? id) === id && (role ?? has) === has,
      );
      if (!takesPart) return null;
    }
    return { run, utterance: utterance === null ? null : toUtterance(utterance) };
  }

  get #wantsUtterance(): boolean {
    const { text, label, minConfidence } = this.#query;
    return (text ?? label ?? minConfidence) !== undefined;
  }

  /** The utterance, or the newest one of the run, that fulfils the query. */
  #utteranceOf(key: number, id: number | null): UtteranceRow | null {
    if (!this.#wantsUtterance) return null;
    const { label, minConfidence, participant, role } = this.#query;
    const conditions: string[] = [];
    const values: SQLInputValue[] = [];
    const where = (condition: string, ...more: SQLInputValue[]): void => {
      conditions.push(condition);
      values.push(...more);
    };
    if (id !== null) where('utterance.id = ?', id);
    else where('utterance.id >= ? AND utterance.id < ?', firstIdOf(key), firstIdOf(key + 1));
    if (label !== undefined) where('label = ?', EMOTION_LABELS.indexOf(label));
    if (minConfidence !== undefined) where('confidence >= ?', Math.round(minConfidence * CONFIDENCE_UNITS));
    if (participant !== undefined) where('participant = ?', participant);
    if (role !== undefined) where('role = ?', PARTICIPANT_ROLES.indexOf(role));
    if (id === null && this.#match !== null) {
      where('utterance.id IN (SELECT rowid FROM spoken WHERE spoken MATCH ?)', this.#match);
    }
    const sql = `SELECT ${UTTERANCE_COLUMNS} FROM utterance JOIN run ON run.key = ?
      WHERE ${conditions.join(' AND ')} ORDER BY utterance.id DESC LIMIT 1`;
    const row = this.#prepare(sql).get(key, ...values);
    return (row as UtteranceRow | undefined) ?? null;
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }

  *#runs(condition: string, values: readonly SQLInputValue[]): Generator<Candidate> {
    const rows = this.#db.prepare(`SELECT key FROM run WHERE ${condition} ORDER BY key DESC`).iterate(...values);
    for (const { key } of rows as Iterable<{ key: number }>) yield [key, null];
  }

  *#utterances(sql: string, values: readonly SQLInputValue[]): Generator<Candidate> {
    const rows = this.#db.prepare(`${sql} ORDER BY 1 DESC`).iterate(...values);
    for (const { id } of rows as Iterable<{ id: number }>) yield [runKeyOf(id), id];
  }
}

function idBefore(key: number): number {
  return Math.min(firstIdOf(key), Number.MAX_SAFE_INTEGER);
}
