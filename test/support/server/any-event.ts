import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';

/** A small event with the given sequence. A long `traceparent` makes it larger. */
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
