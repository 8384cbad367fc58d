import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts';
import { syntheticCall } from './synthetic-call.ts';

/** Start of the calls of these servers. */
export const STARTED_AT = '2026-01-05T09:00:00Z';

/** A live call whose last speaker is still speaking, and the events that follow. */
export function liveCall(): { held: EmotionEvent[]; next: EmotionEvent[] } {
  const base = { sessionId: 'live', title: 'Billing, line 4', startedAt: STARTED_AT, isEnded: false };
  const events = syntheticCall({ ...base, utteranceCount: 16 });
  const cut = events.findLastIndex((event) => event.type === 'utterance.started') + 1;
  return { held: events.slice(0, cut), next: events.slice(cut) };
}

/** A server with two sessions: `live`, which continues with `next`, and `ended`. */
export async function startTwoSessions(): Promise<{ server: ScriptedServer; next: EmotionEvent[] }> {
  const { held, next } = liveCall();
  const ended = syntheticCall({ sessionId: 'ended', title: null, startedAt: STARTED_AT, utteranceCount: 30 });
  const server = await startScriptedServer({
    sessions: [
      { sessionId: 'live', events: held },
      { sessionId: 'ended', events: ended },
    ],
  });
  return { server, next };
}
