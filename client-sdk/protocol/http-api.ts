import type { EmotionEvent, Participant, SessionEndReason } from './emotion-event.ts';
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

/** Body of `GET /v1/sessions`: newest first; ended sessions stay listed while their events are held. */
export interface SessionList {
  readonly sessions: readonly SessionSummary[];
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
