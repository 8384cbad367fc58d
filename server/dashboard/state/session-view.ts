import type {
  EmotionEvent,
  Participant,
  SessionEndReason,
  UtteranceEmotion,
  UtteranceFailed,
  UtteranceStarted,
} from '../../../client-sdk/protocol/index.ts';

/** One utterance as the dashboard shows it. A higher revision replaces a lower one. */
export interface UtteranceView {
  readonly id: string;
  readonly participant: Participant;
  /** Start in media time, in ms. */
  readonly startMs: number;
  /** Null while the utterance is being spoken, or until its score arrives. */
  readonly endMs: number | null;
  /** The newest score. Null before the first. */
  readonly score: UtteranceEmotion | null;
  /** The failure. Null when there is none, or when a later revision succeeded. */
  readonly failure: UtteranceFailed | null;
}

/** An utterance that has a score. */
export interface ScoredUtterance extends UtteranceView {
  readonly endMs: number;
  readonly score: UtteranceEmotion;
}

/** Everything that the dashboard knows about one session. Values are never changed in place. */
export interface SessionView {
  readonly sessionId: string;
  readonly title: string | null;
  /** `waiting` until the first event. */
  readonly status: 'waiting' | 'live' | 'ended';
  readonly endReason: SessionEndReason | null;
  readonly startedAt: string | null;
  readonly modelId: string | null;
  /** Newest media time of an event, in ms. */
  readonly mediaTimeMs: number;
  /** Epoch of the log that `lastSequence` counts in. Null until an event states it. */
  readonly epoch: string | null;
  readonly lastSequence: number;
  /** In order of first appearance. */
  readonly participants: readonly Participant[];
  /** Ordered by start, then by id. At most {@link MAX_UTTERANCES}. */
  readonly utterances: readonly UtteranceView[];
  /** Number of oldest utterances that were dropped to stay within {@link MAX_UTTERANCES}. */
  readonly droppedUtteranceCount: number;
}

/** Utterances that a view holds. Older ones are dropped and counted. Enough for about ten hours of a lively call. */
export const MAX_UTTERANCES = 10_000;

/** The view of a session before its first event. */
export function emptySessionView(sessionId: string): SessionView {
  return {
    sessionId,
    title: null,
    status: 'waiting',
    endReason: null,
    startedAt: null,
    modelId: null,
    mediaTimeMs: 0,
    epoch: null,
    lastSequence: 0,
    participants: [],
    utterances: [],
    droppedUtteranceCount: 0,
  };
}

/**
 * Adds events to a view, in order. Events at or before `view.lastSequence` are repeats and are ignored. An event with
 * another epoch means that the session was opened again, so the view starts over with it.
 */
export function applyEvents(view: SessionView, events: readonly EmotionEvent[]): SessionView {
  const epoch = view.epoch ?? events[0]?.epoch ?? null;
  const other = events.findIndex((event) => (event.epoch ?? epoch) !== epoch);
  if (other < 0) return applyOfOneLog(epoch === view.epoch ? view : { ...view, epoch }, events);
  const begun = { ...emptySessionView(view.sessionId), epoch: events[other]!.epoch ?? null };
  return applyEvents(begun, events.slice(other));
}

function applyOfOneLog(view: SessionView, events: readonly EmotionEvent[]): SessionView {
  const fresh = events.filter((event) => event.sequence > view.lastSequence);
  if (fresh.length === 0) return view;
  const next = { ...view, participants: [...view.participants], utterances: [...view.utterances] };
  for (const event of fresh) {
    if (event.sequence <= next.lastSequence) continue;
    next.lastSequence = event.sequence;
    next.mediaTimeMs = Math.max(next.mediaTimeMs, event.mediaTimeMs);
    switch (event.type) {
      case 'session.started':
        next.status = 'live';
        next.title = event.title;
        next.startedAt = event.startedAt;
        next.modelId = event.modelId;
        break;
      case 'session.ended':
        next.status = 'ended';
        next.endReason = event.reason;
        next.mediaTimeMs = Math.max(next.mediaTimeMs, event.durationMs);
        break;
      default:
        if (next.status === 'waiting') next.status = 'live';
        if (event.type === 'utterance.emotion') next.modelId ??= event.modelId;
        keepParticipant(next.participants, event.participant);
        putUtterance(next.utterances, event);
    }
  }
  const surplus = next.utterances.length - MAX_UTTERANCES;
  if (surplus > 0) {
    next.utterances.splice(0, surplus);
    next.droppedUtteranceCount += surplus;
  }
  return next;
}

/** Whether this utterance has a score. */
export function isScored(utterance: UtteranceView): utterance is ScoredUtterance {
  return utterance.score !== null;
}

/** Duration of the utterance in ms. At least 1, so that it counts in a mean. */
export function spokenMs({ startMs, endMs }: Pick<ScoredUtterance, 'startMs' | 'endMs'>): number {
  return Math.max(1, endMs - startMs);
}

/** Whether the utterance has started and has neither a score nor a failure yet. */
export function isOpen(utterance: UtteranceView): boolean {
  return utterance.score === null && utterance.failure === null;
}

function keepParticipant(participants: Participant[], participant: Participant): void {
  const at = participants.findIndex((known) => known.id === participant.id);
  if (at < 0) participants.push(participant);
  else participants[at] = participant;
}

type UtteranceEvent = UtteranceStarted | UtteranceEmotion | UtteranceFailed;

/**
 * An utterance's start is part of its id, so its place never changes. The search starts at the end, because most events
 * are about the newest utterances.
 */
function putUtterance(utterances: UtteranceView[], event: UtteranceEvent): void {
  const at = utterances.findLastIndex((other) => !isAfter(other, event));
  const known = utterances[at];
  if (known?.id === event.utteranceId) utterances[at] = mergeUtterance(known, event);
  else utterances.splice(at + 1, 0, mergeUtterance(undefined, event));
}

function isAfter(utterance: UtteranceView, { startMs, utteranceId }: UtteranceEvent): boolean {
  return utterance.startMs > startMs || (utterance.startMs === startMs && utterance.id > utteranceId);
}

function mergeUtterance(known: UtteranceView | undefined, event: UtteranceEvent): UtteranceView {
  const { utteranceId: id, participant, startMs } = event;
  const score = known?.score ?? null;
  const failure = known?.failure ?? null;
  switch (event.type) {
    case 'utterance.started':
      return known ?? { id, participant, startMs, endMs: null, score: null, failure: null };
    case 'utterance.emotion':
      if (known !== undefined && score !== null && score.revision > event.revision) return known;
      return { id, participant, startMs, endMs: event.endMs, score: event, failure: null };
    case 'utterance.failed':
      if (known !== undefined && score !== null && score.revision > event.revision) return known;
      return { id, participant, startMs, endMs: event.endMs, score, failure: failure ?? event };
  }
}
