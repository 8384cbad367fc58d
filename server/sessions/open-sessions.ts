import type { Logger } from 'pino';
import type { EmotionEvent, SessionEndReason } from '../../client-sdk/protocol/index.ts';
import type { FairQueueDropReason } from '../../models/index.ts';
import type { Session, SessionOptions } from './session.ts';
import { SessionRegistry, type SessionRegistryOptions } from './session-registry.ts';

/** Counts what happens to sessions. */
export interface SessionMeter {
  event(event: EmotionEvent): void;
  sessionEnded(reason: SessionEndReason): void;
  pipelineDropped(drop: { readonly reason: `intake-${FairQueueDropReason}`; readonly count: number }): void;
}

type SharedOptions = Pick<
  Required<SessionOptions>,
  'analyze' | 'clock' | 'maxEvents' | 'maxTracks' | 'reconnectGraceMs' | 'turns' | 'budget'
>;

export interface OpenSessionsOptions extends SharedOptions, Pick<SessionRegistryOptions, 'maxLive' | 'maxEnded'> {
  /** Takes every event of every session. */
  readonly readiness: { event(event: EmotionEvent): void };
  readonly meter: SessionMeter;
  readonly log: Logger;
}

/** The sessions of a server, counted and logged. */
export function openSessions(options: OpenSessionsOptions): SessionRegistry {
  const { maxLive, maxEnded, readiness, meter, log, ...shared } = options;
  return new SessionRegistry({
    maxLive,
    maxEnded,
    session: {
      ...shared,
      onOverflow: (reason) => meter.pipelineDropped({ reason: `intake-${reason}`, count: 1 }),
      onEvent(event) {
        meter.event(event);
        readiness.event(event);
      },
      onFailure: (error, sessionId) => log.error({ err: error, sessionId }, 'the analysis of a session failed'),
    },
    onOpened: ({ id }: Session) => log.info({ sessionId: id }, 'session opened'),
    onEnded({ id, events }: Session, reason) {
      meter.sessionEnded(reason);
      log.info({ sessionId: id, reason, events: events.lastSequence }, 'session ended');
    },
  });
}
