import type { UtteranceFailed, UtteranceStarted } from '../../client-sdk/protocol/index.ts';

/** Code of an utterance whose analysis ended before its result. */
export const LOST = 'analysis-lost';

export interface LostUtteranceOptions {
  /** Sequence of the event. */
  readonly sequence: number;
  /** Media time that the session had reached, in ms. */
  readonly reachedMs: number;
  /** What happened, for people. */
  readonly message: string;
}

/** The end of an utterance whose analysis is gone. */
export function lostUtterance(
  { sessionId, epoch, traceparent, utteranceId, participant, startMs }: UtteranceStarted,
  { sequence, reachedMs, message }: LostUtteranceOptions,
): UtteranceFailed {
  const endMs = Math.max(startMs, reachedMs);
  return {
    type: 'utterance.failed',
    sessionId,
    ...(epoch !== undefined && { epoch }),
    sequence,
    mediaTimeMs: endMs,
    utteranceId,
    participant,
    revision: 0,
    startMs,
    endMs,
    code: LOST,
    stage: 'features',
    message,
    traceparent,
  };
}
