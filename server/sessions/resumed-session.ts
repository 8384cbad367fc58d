import type { EmotionEvent, SessionEnded, UtteranceStarted } from '../../client-sdk/protocol/index.ts';
import { type LoggedEvent, toLogged } from '../event-log/logged-event.ts';
import type { RunRecord, StoredEvents } from '../history/history-store.ts';
import { ParticipantStates } from './participant-states.ts';

/** A session that the server did not end before it stopped, and that goes on in this process. */
export interface ResumedSession {
  readonly run: RunRecord;
  /** Its newest events, in order. */
  readonly log: readonly LoggedEvent[];
  /** How its participants stood. */
  readonly states: ParticipantStates;
  /** Utterances that began and have no result. Their media is gone. */
  readonly openUtterances: readonly UtteranceStarted[];
}

/**
 * Reads what was stored about an interrupted session. If its last event is stored, it is over, and that event is the
 * result.
 */
export function toResumed(run: RunRecord, events: StoredEvents['events']): ResumedSession | SessionEnded {
  const open = new Map<string, UtteranceStarted>();
  const states = new ParticipantStates();
  let end: SessionEnded | null = null;
  const log = events.map(({ json }) => {
    const text = new TextDecoder().decode(json);
    const event = JSON.parse(text) as EmotionEvent;
    states.take(event);
    if (event.type === 'utterance.started') open.set(event.utteranceId, event);
    else if (event.type === 'utterance.emotion' || event.type === 'utterance.failed') open.delete(event.utteranceId);
    else if (event.type === 'session.ended') end = event;
    return toLogged(event, text, run.epoch);
  });
  return end ?? { run, log, states, openUtterances: [...open.values()] };
}
