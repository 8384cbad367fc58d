import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';

/** A small event with any sequence; a long `traceparent` gives it weight. */
export function anyEvent(sequence: number, traceparent = '00-1-1-01'): EmotionEvent {
  return {
    type: 'session.ended',
    sessionId: 's',
    sequence,
    mediaTimeMs: 0,
    traceparent,
    reason: 'completed',
    durationMs: 0,
    utteranceCount: 0,
  };
}
