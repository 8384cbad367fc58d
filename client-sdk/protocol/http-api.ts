import type {
  DissatisfactionScore,
  EmotionEvent,
  EmotionLabel,
  EmotionScore,
  Participant,
  ParticipantRole,
  SentimentScore,
  SessionEndReason,
} from './emotion-event.ts';
import type { EventsDropped } from './server-message.ts';

/** One session as `GET /v1/sessions` and `GET /v1/sessions/:id` tell it. */
export interface SessionSummary {
  readonly sessionId: string;
  readonly title: string | null;
  readonly state: 'live' | 'ended';
  /** Wall-clock times, ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly endReason: SessionEndReason | null;
  readonly participants: readonly Participant[];
  readonly utteranceCount: number;
  /** Epoch of the session's event log. Missing from an older server. */
  readonly epoch?: string;
  /** Sequence of the newest event, 0 before the first. */
  readonly lastSequence: number;
  /** Media time reached, ms. */
  readonly mediaTimeMs: number;
  /** True while a live session waits for its publishers to come back after the server was restarted. Else missing. */
  readonly interrupted?: boolean;
  /** What is wrong with the session's sources, each told once. Missing from an older server. */
  readonly notices?: readonly SessionNotice[];
  /** How each participant who has spoken stands, in order of first appearance. Missing from an older server. */
  readonly states?: readonly ParticipantState[];
  /** The newest utterance that fulfils a search's conditions on utterances. Missing where there are none. */
  readonly match?: UtteranceRow;
}

/** How a participant stands. */
export interface ParticipantState {
  readonly participantId: string;
  /** Start of the utterance that is being spoken, in ms of media time. Null if the participant is silent. */
  readonly speakingSinceMs: number | null;
  /** The newest utterance with a result. Null before the first. */
  readonly latest: UtteranceState | null;
  /** Sentiment scores of the newest utterances, −3…3, oldest first, at most 24. */
  readonly sentiments: readonly number[];
}

/** The newest result of an utterance, in short. The fields mean what they mean in its event. */
export interface UtteranceState {
  readonly utteranceId: string;
  readonly revision: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly emotion: Pick<EmotionScore, 'label' | 'certain' | 'confidence'>;
  readonly sentiment: Pick<SentimentScore, 'score'>;
  /** Missing if the model does not read it. */
  readonly dissatisfaction?: DissatisfactionScore;
}

/** The newest result of one utterance, in flat columns. Probabilities have four decimals, the sentiment has three. */
export interface UtteranceRow {
  readonly sessionId: string;
  readonly epoch: string;
  readonly utteranceId: string;
  /** Id of the participant. */
  readonly participant: string;
  readonly role: ParticipantRole;
  /** Media time, ms. */
  readonly startMs: number;
  readonly endMs: number;
  readonly revision: number;
  /** Sequence of the event with this result. */
  readonly sequence: number;
  /** Null if the utterance could not be scored. */
  readonly label: EmotionLabel | null;
  /** 0…1. */
  readonly confidence: number | null;
  /** Null if the server has no threshold. */
  readonly certain: boolean | null;
  /** −3…3. */
  readonly sentiment: number | null;
  /** Probability of dissatisfaction, 0…1. Null if it was not read. */
  readonly dissatisfaction: number | null;
  readonly dissatisfied: boolean | null;
  /** Code of the failure. Null if the utterance was scored. */
  readonly failure: string | null;
  /** Its words. Null if it has none, or they were deleted. */
  readonly text: string | null;
}

/** Something that a user should know about the media of a session, for example that its rate is not the announced one. */
export interface SessionNotice {
  /** Of an open set: ignore codes that you do not know. */
  readonly code: string;
  /** The participant that it concerns. Missing if it concerns the source. */
  readonly participantId?: string;
  /** What is wrong, with figures. */
  readonly message: string;
}

/**
 * Body of `GET /v1/sessions`. Without conditions: all live sessions and the newest ended ones, newest first. With
 * conditions: one page of the stored sessions that fulfil them, newest first.
 */
export interface SessionList {
  readonly sessions: readonly SessionSummary[];
  /**
   * Pass as `cursor` for the next page; null after the last. A page may have fewer sessions than asked for, even none, and a
   * next page, because a search only works for a limited time. Only with conditions.
   */
  readonly next?: string | null;
  /**
   * Where the stream of all sessions was when the list was made. What follows it is not in the list. Missing from an older
   * server, and for a token that is limited to one session.
   */
  readonly position?: string;
}

/** Body of `GET /v1/sessions/:id/summary`: what an agent or a supervisor wants to know of a whole call. */
export interface CallSummary {
  readonly session: SessionSummary;
  readonly participants: readonly ParticipantSummary[];
}

/** One participant's part of a {@link CallSummary}. */
export interface ParticipantSummary {
  readonly id: string;
  readonly role: ParticipantRole;
  /** Utterances with a result or a failure. */
  readonly utteranceCount: number;
  readonly failedCount: number;
  /** Sum of the utterances' lengths, ms. */
  readonly spokenMs: number;
  /** Utterances by label. Only labels that occur, and only answers that are certain. */
  readonly emotions: Readonly<Partial<Record<EmotionLabel, number>>>;
  /** Scored utterances whose label is not certain. */
  readonly unclearCount: number;
  /** Mean sentiment, −3…3. Null if nothing was scored. */
  readonly meanSentiment: number | null;
  /** Utterances that are likely dissatisfied. */
  readonly dissatisfiedCount: number;
}

/** Body of `DELETE /v1/sessions/:id`: what was erased. */
export interface SessionErased {
  /** Logs of the session: a session that was opened again with the same id has several. */
  readonly sessions: number;
  readonly events: number;
  readonly words: number;
}

/** Body of `GET /v1/sessions/:id/events?after=N` (JSON; the same path answers `text/event-stream` with SSE). */
export interface EventPage {
  readonly events: readonly EmotionEvent[];
  /** Position of the last event, as {@link formatPosition} writes it: pass as `after` to go on. Missing from an older server. */
  readonly next?: string;
  /** The sequence of `next` alone. */
  readonly nextAfter: number;
  /** What the asked position missed; left out where it missed nothing. */
  readonly dropped?: readonly EventsDropped[];
}

/** Body of every HTTP error. */
export interface HttpError {
  readonly error: { readonly code: string; readonly message: string };
}
