import type { Logger } from 'pino';
import type { EmotionEvent, SessionEndReason } from '../../client-sdk/protocol/index.ts';
import type { SessionReports } from '../observability/session-reports.ts';
import type { CallSessionOptions, Session } from './session.ts';
import { SessionRegistry, type SessionRegistryOptions } from './session-registry.ts';

/** Counts what happens to sessions. */
export interface SessionMeter {
  event(event: EmotionEvent): void;
  sessionEnded(reason: SessionEndReason): void;
}

type SharedOptions = Pick<
  Required<CallSessionOptions>,
  'clock' | 'maxEvents' | 'maxTracks' | 'reconnectGraceMs' | 'budget'
>;

export interface OpenSessionsOptions
  extends SharedOptions,
    Pick<CallSessionOptions, 'keeper'>,
    Pick<SessionRegistryOptions, 'maxLive' | 'maxEnded' | 'isFull' | 'onRefused' | 'place'> {
  /** Receives every event of every session. */
  readonly readiness: { event(event: EmotionEvent): void };
  readonly reports: SessionReports;
  readonly meter: SessionMeter;
  readonly log: Logger;
}

/** Creates the sessions of a server. They are counted and logged. */
export function openSessions(options: OpenSessionsOptions): SessionRegistry {
  const { maxLive, maxEnded, isFull, onRefused, place, readiness, reports, meter, log, ...shared } = options;
  return new SessionRegistry({
    maxLive,
    maxEnded,
    ...(isFull !== undefined && { isFull }),
    ...(onRefused !== undefined && { onRefused }),
    place,
    session: {
      ...shared,
      onDrop: (drop, sessionId) => reports.dropped(sessionId, drop),
      onRefused: (drop, sessionId) => reports.refused(sessionId, drop),
      onEvent(event) {
        meter.event(event);
        readiness.event(event);
      },
      onNotice: (notice, sessionId) => log.warn({ sessionId, code: notice.code }, notice.message),
      onFailure: (error, sessionId) => reports.brokeOff(sessionId, error),
    },
    onOpened({ id }: Session) {
      reports.of(id);
      log.info({ sessionId: id }, 'session opened');
    },
    onEnded({ id, events }: Session, reason) {
      meter.sessionEnded(reason);
      const troubles = reports.ended(id);
      log.info({ sessionId: id, reason, events: events.appendedSequence, ...troubles }, 'session ended');
    },
  });
}
