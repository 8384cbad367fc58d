/** How long to wait before connecting again. */
export interface ReconnectPolicy {
  /** Longest wait before the first try, in ms, above 0. Default 250. */
  readonly initialDelayMs: number;
  /** Longest wait before any try, in ms, at least `initialDelayMs`. Default 10 000. */
  readonly maxDelayMs: number;
  /** Tries in a row without any success before giving up, from 0 (never try again). Default 10; `Infinity` never gives up. */
  readonly maxAttempts: number;
}

/** Defaults of the options. */
export const DEFAULT_RECONNECT_POLICY: ReconnectPolicy = { initialDelayMs: 250, maxDelayMs: 10_000, maxAttempts: 10 };

/**
 * Exponential back-off with equal jitter: the bound doubles with every try, and half of it is random, so that the
 * clients of one server do not all reconnect at the same time.
 *
 * @param attempt - which try in a row this is, from 1.
 * @param random - source of jitter in 0…1, such as `Math.random`.
 * @returns the wait in ms, or null to give up.
 */
export function reconnectDelayMs(attempt: number, policy: ReconnectPolicy, random: () => number): number | null {
  if (attempt > policy.maxAttempts) return null;
  const boundMs = Math.min(policy.maxDelayMs, policy.initialDelayMs * 2 ** (attempt - 1));
  return boundMs / 2 + (random() * boundMs) / 2;
}

/** @throws RangeError when a figure is out of range. */
export function resolveReconnectPolicy(partial: Partial<ReconnectPolicy>): ReconnectPolicy {
  const policy = { ...DEFAULT_RECONNECT_POLICY, ...partial };
  if (!(policy.initialDelayMs > 0 && policy.maxDelayMs >= policy.initialDelayMs && policy.maxDelayMs < 2 ** 31)) {
    throw new RangeError('reconnect delays must be above 0, and maxDelayMs at least initialDelayMs');
  }
  if (!(policy.maxAttempts >= 0)) throw new RangeError('reconnect.maxAttempts must be 0 or more');
  return policy;
}
