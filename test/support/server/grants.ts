import type { Grant, Scope } from '../../../server/access/grant.ts';
import { HolderQuotas, type Quota, type QuotaLimits } from '../../../server/ingest/admission/holder-quotas.ts';
import { ManualClock } from './manual-clock.ts';

/** The grant of a publisher's own token. */
export function tokenOf(holder: string, claims: Partial<Grant> = {}, more: readonly Scope[] = []): Grant {
  return { holder: `jwt:${holder}`, scopes: new Set<Scope>(['publish', ...more]), ...claims };
}

export const ROOMY: QuotaLimits = {
  maxSessionStartsPerToken: 1000,
  maxSessionsPerToken: 1000,
  maxParticipantsPerToken: 1000,
  maxMessagesPerSecond: 1_000_000,
  maxBytesPerSecond: 1_000_000_000,
  maxPacketBytes: 1_000_000,
};

/** Quotas without limits except those in `limits`, and what they refused. */
export function quotasOf(limits: Partial<QuotaLimits> = {}, clock = new ManualClock()) {
  const refused: Quota[] = [];
  const onRefused = (quota: Quota) => refused.push(quota);
  return { refused, quotas: new HolderQuotas({ limits: { ...ROOMY, ...limits }, clock, onRefused }) };
}
