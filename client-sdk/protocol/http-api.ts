import type { EmotionEvent, Participant, SessionEndReason } from './emotion-event.ts';

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
  /** Sequence of the newest event, 0 before the first. */
  readonly lastSequence: number;
  /** Media time reached, ms. */
  readonly mediaTimeMs: number;
}

/** Body of `GET /v1/sessions`: newest first; ended sessions stay listed while their events are held. */
export interface SessionList {
  readonly sessions: readonly SessionSummary[];
}

/** Body of `GET /v1/sessions/:id/events?after=N` (JSON; the same path answers `text/event-stream` with SSE). */
export interface EventPage {
  readonly events: readonly EmotionEvent[];
  /** Pass as `after` to go on. */
  readonly nextAfter: number;
}

/** Body of every HTTP error. */
export interface HttpError {
  readonly error: { readonly code: string; readonly message: string };
}
