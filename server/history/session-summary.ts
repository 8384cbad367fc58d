import type { SessionSummary } from '../../client-sdk/protocol/index.ts';
import type { RunRecord } from './history-store.ts';

/** A stored session as the session API tells it. */
export function summarizeRun(run: RunRecord): SessionSummary {
  return {
    sessionId: run.sessionId,
    title: run.title,
    state: run.state === 'ended' ? 'ended' : 'live',
    startedAt: new Date(run.startedAtMs).toISOString(),
    endedAt: run.endedAtMs === null ? null : new Date(run.endedAtMs).toISOString(),
    endReason: run.endReason,
    participants: run.participants.filter(({ isAnnounced }) => isAnnounced).map(({ participant }) => participant),
    utteranceCount: run.utteranceCount,
    epoch: run.epoch,
    lastSequence: run.lastSequence,
    mediaTimeMs: run.mediaTimeMs,
    ...(run.state === 'interrupted' && { interrupted: true }),
    ...(run.notices.length > 0 && { notices: run.notices }),
  };
}
