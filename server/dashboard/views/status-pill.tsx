import type { JSX } from 'preact';
import type { SessionEndReason } from '../../../client-sdk/protocol/index.ts';

const END_NAMES: Readonly<Record<SessionEndReason, string>> = {
  completed: 'Ended',
  disconnected: 'Disconnected',
  idle: 'Ended, idle',
  shutdown: 'Server stopped',
  overloaded: 'Server overloaded',
  failed: 'Failed',
};

export interface StatusPillProps {
  readonly status: 'waiting' | 'live' | 'ended';
  readonly endReason: SessionEndReason | null;
}

/** Whether a session is live, or how it ended. */
export function StatusPill({ status, endReason }: StatusPillProps): JSX.Element {
  const text = status === 'live' ? 'Live' : status === 'waiting' ? 'Waiting' : END_NAMES[endReason ?? 'completed'];
  return (
    <span class={`pill pill-${status}`}>
      <span class="pill-dot" aria-hidden="true" />
      {text}
    </span>
  );
}
