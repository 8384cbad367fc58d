import type {
  EmotionLabel,
  EventPosition,
  ParticipantRole,
  SessionEndReason,
  SessionNotice,
  UtteranceRow,
} from '../../client-sdk/protocol/index.ts';
import type { HeldParticipant } from '../sessions/participants.ts';

/** Names one run of a session: its log. A session that is opened again with the same id has another epoch. */
export interface RunName {
  readonly sessionId: string;
  readonly epoch: string;
}

/** How a run of a session stands. `interrupted`: the server stopped without ending it, and nobody has come back yet. */
export type RunState = 'live' | 'interrupted' | 'ended';

/** What is stored about a run of a session, besides its events. Times are wall-clock ms since 1970. */
export interface RunRecord extends RunName {
  readonly state: RunState;
  readonly title: string | null;
  readonly traceparent: string;
  /** Holder of the credential that opened it. Never the credential itself. */
  readonly opener: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly endReason: SessionEndReason | null;
  readonly participants: readonly HeldParticipant[];
  readonly notices: readonly SessionNotice[];
  readonly utteranceCount: number;
  readonly lastSequence: number;
  /** Media time reached, in ms. */
  readonly mediaTimeMs: number;
  /**
   * False once an event of the run was not stored. Such a run does not go on after a restart, because its next sequence
   * number is not known.
   */
  readonly isComplete: boolean;
}

/** One event on its way into the store. */
export interface EventToStore extends RunName {
  readonly sequence: number;
  /** The event as JSON, UTF-8. Shared: never written to. */
  readonly json: Uint8Array;
}

/** What is stored together: all of it or nothing. */
export interface HistoryBatch {
  /** The newest record per run. A run's record is stored before its first event. */
  readonly runs: readonly RunRecord[];
  /** In the order of their sequences per run. */
  readonly events: readonly EventToStore[];
}

/** Which sessions are asked for. All conditions hold together. */
export interface SessionQuery {
  readonly sessionId?: string;
  /** `live` includes `interrupted`. */
  readonly state?: RunState;
  /** Start of the session, `[fromMs, toMs)` in wall-clock ms. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Id of a participant. */
  readonly participant?: string;
  readonly role?: ParticipantRole;
  /**
   * Label of an utterance. With `participant`, `role`, `minConfidence` or `text`, one utterance fulfils all of them.
   */
  readonly label?: EmotionLabel;
  /** Smallest confidence of that utterance, 0…1. */
  readonly minConfidence?: number;
  /** Words that an utterance contains, all of them. Words in double quotes follow each other. */
  readonly text?: string;
  /** Where the page before ended. */
  readonly cursor?: number;
  /** Most sessions of the page, 1 or more. */
  readonly limit: number;
}

/** A session in a list of results, newest first. */
export interface FoundSession {
  readonly run: RunRecord;
  /** The newest utterance that fulfils the query's conditions on utterances. Null if it has none. */
  readonly utterance: UtteranceRow | null;
}

export interface FoundSessions {
  readonly sessions: readonly FoundSession[];
  /**
   * Cursor of the next page. Null after the last. A page may have fewer sessions than asked for, even none, and a next
   * page, because a query only works for a limited time.
   */
  readonly next: number | null;
}

/** A page of stored utterances. */
export interface UtterancePage {
  readonly utterances: readonly UtteranceRow[];
  /** Cursor of the next page. Null after the last. */
  readonly next: number | null;
}

/** A page of a run's events. */
export interface StoredEvents {
  /** Each event as JSON, UTF-8, with its words unless they were deleted. */
  readonly events: readonly { readonly sequence: number; readonly json: Uint8Array }[];
  /** Sequence of the oldest event that is stored, one above {@link lastSequence} if none is. */
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/** How long each kind of data is kept, and how much of it. */
export interface RetentionLimits {
  /** Transcripts, in ms since the session ended. 0: they are never stored. */
  readonly wordsMs: number;
  /** Events, in ms since the session ended. */
  readonly eventsMs: number;
  /** Sessions and the results of their utterances, in ms since the session ended. */
  readonly summariesMs: number;
  /** Bytes of everything. Above it the events and words of the oldest sessions are deleted, then the sessions. */
  readonly maxBytes: number;
}

/** What retention or an erasure deleted. */
export interface Deleted {
  readonly words: number;
  readonly events: number;
  readonly sessions: number;
}

export interface Pruned extends Deleted {
  /** Whether more is left to delete than one step may. */
  readonly isMore: boolean;
  /** Bytes that the store takes. */
  readonly bytes: number;
}

/**
 * Where sessions, events and results are kept. Every method rejects with a {@link HistoryError} when the store fails.
 * Sessions are ordered by when they were opened.
 */
export interface HistoryStore {
  /**
   * Whether what was stored before this start is a whole log: nothing that subscribers saw is missing. Only then do
   * interrupted runs go on.
   */
  readonly wasComplete: boolean;
  /** Stores a batch. Resolves once it is safe. Batches are stored in the order of the calls. */
  write(batch: HistoryBatch): Promise<void>;
  /** Runs that the server did not end before it stopped, oldest first. From now on they are `interrupted`. */
  interrupted(): Promise<readonly RunRecord[]>;
  sessions(query: SessionQuery): Promise<FoundSessions>;
  /** The newest run with this id, or the one of `epoch`. Null if there is none. */
  session(sessionId: string, epoch?: string): Promise<RunRecord | null>;
  /** Events after a position: at most `limit`, of about `maxBytes`, at least one if there is one. */
  events(run: RunName, after: EventPosition['sequence'], limit: number, maxBytes: number): Promise<StoredEvents>;
  /** Utterances of a run in the order in which they were first told, at most `limit`, after a cursor. */
  utterances(run: RunName, cursor: number | null, limit: number): Promise<UtterancePage>;
  /**
   * Deletes every ended run with this id: events, words and results. Also the run with the epoch `ended`, whose end may still
   * be on its way into the store. What is left holds no content.
   */
  erase(sessionId: string, ended: string | null, nowMs: number): Promise<Deleted>;
  /** One step of retention. Deletes a limited amount. */
  prune(limits: RetentionLimits, nowMs: number): Promise<Pruned>;
  /**
   * Notes whether every event is stored before subscribers see it, from now on. Without that, interrupted runs do not go
   * on after a restart.
   */
  markWhole(isWhole: boolean): Promise<void>;
  close(): Promise<void>;
}
