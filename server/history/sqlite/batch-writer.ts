import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  EMOTION_LABELS,
  type EmotionEvent,
  PARTICIPANT_ROLES,
  type UtteranceEmotion,
  type UtteranceFailed,
} from '../../../client-sdk/protocol/index.ts';
import type { EventToStore, HistoryBatch, RunRecord } from '../history-store.ts';
import { encodeEvent } from './event-codec.ts';
import { CONFIDENCE_UNITS, firstIdOf, SENTIMENT_UNITS } from './units.ts';

export interface BatchWriterOptions {
  /** Whether words are stored. */
  readonly keepsWords: boolean;
}

/** Writes batches of records and events, each in one transaction. */
export class BatchWriter {
  readonly #db: DatabaseSync;
  readonly #keepsWords: boolean;
  readonly #statements: ReturnType<typeof prepare>;
  /** Keys of runs that have not ended. */
  readonly #keys = new Map<string, number>();

  constructor(db: DatabaseSync, { keepsWords }: BatchWriterOptions) {
    this.#db = db;
    this.#keepsWords = keepsWords;
    this.#statements = prepare(db);
  }

  write({ runs, events }: HistoryBatch): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      for (const run of runs) this.#writeRun(run);
      for (const event of events) this.#writeEvent(event);
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#keys.clear();
      throw error;
    }
    for (const { epoch, state } of runs) if (state === 'ended') this.#keys.delete(epoch);
  }

  /** Looks runs up again, because some were deleted. */
  forgetKeys(): void {
    this.#keys.clear();
  }

  #writeRun(run: RunRecord): void {
    const { addRun, changeRun, addParticipant } = this.#statements;
    const key = this.#keys.get(run.epoch) ?? this.#findKey(run.epoch);
    const changing = {
      state: run.state,
      ended_at_ms: run.endedAtMs,
      end_reason: run.endReason,
      participants: JSON.stringify(run.participants),
      notices: JSON.stringify(run.notices),
      utterance_count: run.utteranceCount,
      last_sequence: run.lastSequence,
      media_time_ms: run.mediaTimeMs,
      is_complete: Number(run.isComplete),
    };
    if (key !== null) {
      changeRun.run({ key, ...changing });
      for (const { participant } of run.participants) addParticipant.run(participant.id, key);
      return;
    }
    // What was erased stays erased, also if something about it was still on its way.
    if (this.#statements.erased.get(run.epoch) !== undefined) return;
    const { lastInsertRowid } = addRun.run({
      session_id: run.sessionId,
      epoch: run.epoch,
      title: run.title,
      traceparent: run.traceparent,
      opener: run.opener,
      started_at_ms: run.startedAtMs,
      has_words: Number(this.#keepsWords),
      ...changing,
    });
    this.#keys.set(run.epoch, Number(lastInsertRowid));
    for (const { participant } of run.participants) addParticipant.run(participant.id, Number(lastInsertRowid));
  }

  #writeEvent({ epoch, sequence, json }: EventToStore): void {
    const key = this.#keys.get(epoch) ?? this.#findKey(epoch);
    if (key === null) return;
    const event = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString()) as EmotionEvent;
    const { body, words } = encodeEvent(event);
    const kept = this.#keepsWords ? words : null;
    this.#statements.addEvent.run(key, sequence, body);
    if (kept !== null) this.#statements.addWords.run(key, sequence, kept);
    if (event.type === 'utterance.emotion' || event.type === 'utterance.failed') this.#writeResult(key, event, kept);
  }

  #findKey(epoch: string): number | null {
    const found = this.#statements.keyOf.get(epoch) as { key: number } | undefined;
    if (found !== undefined) this.#keys.set(epoch, found.key);
    return found?.key ?? null;
  }

  /** A higher revision replaces the result of its utterance, and the words in the full-text index. */
  #writeResult(key: number, event: UtteranceEmotion | UtteranceFailed, words: string | null): void {
    const { setUtterance, addSpoken, removeSpoken, wordsAt } = this.#statements;
    const before = event.revision === 0 ? undefined : this.#findUtterance(key, event.utteranceId);
    const id = before?.id ?? this.#nextId(key);
    if (id === null) return;
    if (before !== undefined) {
      const indexed = wordsAt.get(key, before.sequence) as { text: string } | undefined;
      if (indexed !== undefined) removeSpoken.run(id, indexed.text);
    }
    setUtterance.run({
      id,
      utterance_id: event.utteranceId,
      participant: event.participant.id,
      role: PARTICIPANT_ROLES.indexOf(event.participant.role),
      start_ms: event.startMs,
      end_ms: event.endMs,
      revision: event.revision,
      sequence: event.sequence,
      ...columnsOf(event),
    });
    if (words !== null) addSpoken.run(id, words);
  }

  #findUtterance(key: number, utteranceId: string): { readonly id: number; readonly sequence: number } | undefined {
    const found = this.#statements.findUtterance.get(firstIdOf(key), firstIdOf(key + 1), utteranceId);
    return found as { id: number; sequence: number } | undefined;
  }

  /** Null once a run has more utterances than ids. Its events are stored all the same. */
  #nextId(key: number): number | null {
    const { id } = this.#statements.lastId.get(firstIdOf(key), firstIdOf(key + 1)) as { id: number | null };
    const next = id === null ? firstIdOf(key) : id + 1;
    return next < firstIdOf(key + 1) ? next : null;
  }
}

function columnsOf(event: UtteranceEmotion | UtteranceFailed): Record<string, number | string | null> {
  if (event.type === 'utterance.failed') {
    const nothing = { label: null, confidence: null, certain: null, sentiment: null };
    return { ...nothing, dissatisfaction: null, dissatisfied: null, failure: event.code };
  }
  const { emotion, sentiment, dissatisfaction } = event;
  return {
    label: EMOTION_LABELS.indexOf(emotion.label),
    confidence: Math.round(emotion.confidence * CONFIDENCE_UNITS),
    certain: emotion.certain === undefined ? null : Number(emotion.certain),
    sentiment: Math.round(sentiment.score * SENTIMENT_UNITS),
    dissatisfaction: dissatisfaction === undefined ? null : Math.round(dissatisfaction.probability * CONFIDENCE_UNITS),
    dissatisfied: dissatisfaction === undefined ? null : Number(dissatisfaction.likely),
    failure: null,
  };
}

function prepare(db: DatabaseSync) {
  const statement = (sql: string): StatementSync => db.prepare(sql);
  return {
    erased: statement('SELECT 1 FROM erasure WHERE epoch = ?'),
    keyOf: statement('SELECT key FROM run WHERE epoch = ?'),
    addRun: statement(`
      INSERT INTO run (session_id, epoch, state, title, traceparent, opener, started_at_ms, ended_at_ms, end_reason,
        participants, notices, utterance_count, last_sequence, media_time_ms, is_complete, has_words)
      VALUES ($session_id, $epoch, $state, $title, $traceparent, $opener, $started_at_ms, $ended_at_ms, $end_reason,
        $participants, $notices, $utterance_count, $last_sequence, $media_time_ms, $is_complete, $has_words)`),
    changeRun: statement(`
      UPDATE run SET state = $state, ended_at_ms = $ended_at_ms, end_reason = $end_reason,
        participants = $participants, notices = $notices, utterance_count = $utterance_count,
        last_sequence = $last_sequence, media_time_ms = $media_time_ms, is_complete = $is_complete
      WHERE key = $key`),
    addParticipant: statement('INSERT OR IGNORE INTO participant (participant, run) VALUES (?, ?)'),
    addEvent: statement('INSERT INTO event (run, sequence, body) VALUES (?, ?, ?)'),
    addWords: statement('INSERT INTO words (run, sequence, text) VALUES (?, ?, ?)'),
    wordsAt: statement('SELECT text FROM words WHERE run = ? AND sequence = ?'),
    // Revisions follow soon, so the newest utterances are looked at first.
    findUtterance: statement(
      'SELECT id, sequence FROM utterance WHERE id >= ? AND id < ? AND utterance_id = ? ORDER BY id DESC LIMIT 1',
    ),
    lastId: statement('SELECT max(id) AS id FROM utterance WHERE id >= ? AND id < ?'),
    setUtterance: statement(`
      INSERT INTO utterance (id, utterance_id, participant, role, start_ms, end_ms, revision, sequence, label,
        confidence, certain, sentiment, dissatisfaction, dissatisfied, failure)
      VALUES ($id, $utterance_id, $participant, $role, $start_ms, $end_ms, $revision, $sequence, $label, $confidence,
        $certain, $sentiment, $dissatisfaction, $dissatisfied, $failure)
      ON CONFLICT (id) DO UPDATE SET role = excluded.role, end_ms = excluded.end_ms, revision = excluded.revision,
        sequence = excluded.sequence, label = excluded.label, confidence = excluded.confidence,
        certain = excluded.certain, sentiment = excluded.sentiment, dissatisfaction = excluded.dissatisfaction,
        dissatisfied = excluded.dissatisfied, failure = excluded.failure`),
    addSpoken: statement('INSERT INTO spoken (rowid, text) VALUES (?, ?)'),
    removeSpoken: statement("INSERT INTO spoken (spoken, rowid, text) VALUES ('delete', ?, ?)"),
  };
}
