import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { EMOTION_LABELS, PARTICIPANT_ROLES } from '../../../client-sdk/protocol/index.ts';
import type { FoundSession, FoundSessions, RunState, SessionQuery } from '../history-store.ts';
import { keysOfTime } from './keys-of-time.ts';
import { type RunRow, toRun, toUtterance, UTTERANCE_COLUMNS, type UtteranceColumns } from './rows.ts';
import { toMatch } from './to-match.ts';
import { CONFIDENCE_UNITS, firstIdOf, runKeyOf } from './units.ts';

/** Processor time that one page may take, in ms. */
const WORK_MS = 25;

/**
 * One page of sessions, newest first. Candidates come from the index that fits the query best, and are checked one by
 * one until the page is full or the time is up. Then it has fewer sessions than asked for, and a cursor to go on.
 */
export function findSessions(db: DatabaseSync, query: SessionQuery, now = threadTimeMs): FoundSessions {
  const untilMs = now() + WORK_MS;
  const search = new SessionSearch(db, query);
  const sessions: FoundSession[] = [];
  let lastKey = query.cursor ?? Number.MAX_SAFE_INTEGER;
  let foundKey: number | null = null;
  for (const { key, utteranceId, fits } of search.candidates()) {
    // All candidates of a run are checked before the page ends, so that the next page neither repeats nor skips it.
    if (key !== lastKey) {
      const isFirst = lastKey === (query.cursor ?? Number.MAX_SAFE_INTEGER);
      if (sessions.length === query.limit || (!isFirst && now() > untilMs)) return { sessions, next: lastKey };
      lastKey = key;
    }
    if (!fits || key === foundKey) continue;
    const found = search.check(key, utteranceId);
    if (found === null) continue;
    foundKey = key;
    sessions.push(found);
  }
  return { sessions, next: null };
}

/** A run, and the utterance that made it a candidate. */
interface Candidate {
  readonly key: number;
  readonly utteranceId: number | null;
  /** Whether the utterance fulfils the conditions on utterances. */
  readonly fits: boolean;
}

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
    const ids = [firstIdOf(low), idBefore(high)];
    if (sessionId !== undefined) {
      yield* this.#runs('session_id = ? AND key >= ? AND key < ?', [sessionId, low, high]);
    } else if (this.#match !== null) {
      yield* this.#spoken(this.#match, ids);
    } else if (label !== undefined) {
      const labelled = 'label = ? AND id >= ? AND id < ? AND confidence >= ?';
      yield* this.#utterances(labelled, [EMOTION_LABELS.indexOf(label), ...ids, unitsOf(minConfidence ?? 0)]);
    } else if (participant !== undefined) {
      const rows = this.#db
        .prepare('SELECT run FROM participant WHERE participant = ? AND run >= ? AND run < ? ORDER BY run DESC')
        .iterate(participant, low, high);
      for (const { run } of rows as Iterable<{ run: number }>) yield { key: run, utteranceId: null, fits: true };
    } else if (minConfidence !== undefined) {
      yield* this.#utterances('id >= ? AND id < ?', ids);
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
    if (row === undefined || !hasState(row, state)) return null;
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

  /** The conditions on an utterance, except for its words. */
  get #conditions(): { readonly sql: string; readonly values: readonly SQLInputValue[] } {
    const { label, minConfidence, participant, role } = this.#query;
    const conditions: readonly (readonly [string, SQLInputValue | undefined])[] = [
      ['label = ?', label === undefined ? undefined : EMOTION_LABELS.indexOf(label)],
      ['confidence >= ?', minConfidence === undefined ? undefined : unitsOf(minConfidence)],
      ['participant = ?', participant],
      ['role = ?', role === undefined ? undefined : PARTICIPANT_ROLES.indexOf(role)],
    ];
    const asked = conditions.filter((entry): entry is [string, SQLInputValue] => entry[1] !== undefined);
    return { sql: ['TRUE', ...asked.map(([sql]) => sql)].join(' AND '), values: asked.map(([, value]) => value) };
  }

  /** The utterance, or the newest one of the run, that fulfils the query. */
  #utteranceOf(key: number, id: number | null): UtteranceColumns | null {
    if (!this.#wantsUtterance) return null;
    const { sql: conditions, values } = this.#conditions;
    const select = `SELECT ${UTTERANCE_COLUMNS} FROM utterance JOIN run ON run.key = ? WHERE`;
    if (id !== null) {
      return (this.#prepare(`${select} utterance.id = ?`).get(key, id) as UtteranceColumns | undefined) ?? null;
    }
    const spoken = this.#match === null ? '' : 'AND utterance.id IN (SELECT rowid FROM spoken WHERE spoken MATCH ?)';
    const sql = `${select} utterance.id >= ? AND utterance.id < ? AND ${conditions} ${spoken}
      ORDER BY utterance.id DESC LIMIT 1`;
    const matches = this.#match === null ? [] : [this.#match];
    const row = this.#prepare(sql).get(key, firstIdOf(key), firstIdOf(key + 1), ...values, ...matches);
    return (row as UtteranceColumns | undefined) ?? null;
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }

  *#runs(condition: string, values: readonly SQLInputValue[]): Generator<Candidate> {
    const rows = this.#db.prepare(`SELECT key FROM run WHERE ${condition} ORDER BY key DESC`).iterate(...values);
    for (const { key } of rows as Iterable<{ key: number }>) yield { key, utteranceId: null, fits: true };
  }

  *#utterances(condition: string, values: readonly SQLInputValue[]): Generator<Candidate> {
    const fits = this.#conditions;
    const sql = `SELECT id, (${fits.sql}) AS fits FROM utterance WHERE ${condition} ORDER BY id DESC`;
    yield* candidatesOf(this.#db.prepare(sql).iterate(...fits.values, ...values));
  }

  *#spoken(match: string, ids: readonly number[]): Generator<Candidate> {
    const { sql, values } = this.#conditions;
    const fits = values.length === 0 ? '1' : `(SELECT ${sql} FROM utterance WHERE utterance.id = spoken.rowid)`;
    const rows = this.#db.prepare(
      `SELECT rowid AS id, ${fits} AS fits FROM spoken
      WHERE spoken MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC`,
    );
    // FTS5 only takes bounds that are integers.
    yield* candidatesOf(rows.iterate(...values, match, ...ids.map(BigInt)));
  }
}

function* candidatesOf(rows: Iterable<Record<string, unknown>>): Generator<Candidate> {
  for (const { id, fits } of rows as Iterable<{ id: number; fits: number | null }>) {
    yield { key: runKeyOf(id), utteranceId: id, fits: fits === 1 };
  }
}

/** Processor time of this thread. Unlike the time of day, it is the same on a busy machine. */
function threadTimeMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function unitsOf(confidence: number): number {
  return Math.round(confidence * CONFIDENCE_UNITS);
}

function hasState(row: RunRow, state: RunState | undefined): boolean {
  if (state === undefined || row.state === state) return true;
  return state === 'live' && row.state === 'interrupted';
}

function idBefore(key: number): number {
  return Math.min(firstIdOf(key), Number.MAX_SAFE_INTEGER);
}
