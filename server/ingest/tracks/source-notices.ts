import type { SessionNotice } from '../../../client-sdk/protocol/index.ts';

/** A source's clock has jumped by `byMs` from where it was expected. */
export function clockJumped(byMs: number): SessionNotice {
  const seconds = Math.abs(byMs / 1000).toFixed(1);
  return {
    code: 'clock-jump',
    message: `A source's clock jumped ${byMs < 0 ? 'back' : 'ahead'} by ${seconds} s. Its media goes on at the time of arrival.`,
  };
}
