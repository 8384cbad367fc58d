import type { Config } from '../../../config/config-schema.ts';
import { type Finding, ok, warning } from '../finding.ts';
import { type ClockProbes, systemClockProbes } from '../probes/clock.ts';

/**
 * How far the wall clock may drift from the monotonic clock between two readings, in ms. Allows for the clock's
 * resolution and for slewing.
 */
const MAX_DRIFT_MS = 20;

const ADVICE =
  'Turn on time synchronization (timedatectl set-ntp true, chrony), on the host where this is a container.';

/** Checks the clock. Signatures and TURN credentials contain times and are valid for only seconds. */
export async function checkClock(
  config: Pick<Config, 'audiohookClientSecret' | 'turnSecret'>,
  signal: AbortSignal,
  probes: ClockProbes = systemClockProbes,
): Promise<Finding[]> {
  const [sync, [first, second]] = await Promise.all([probes.sync(signal), probes.readings()]);
  const findings: Finding[] = [];
  const driftMs = Math.abs(second.wallMs - first.wallMs - (second.monotonicMs - first.monotonicMs));
  if (driftMs > MAX_DRIFT_MS) {
    findings.push(warning(`the wall clock jumped by ${Math.round(driftMs)} ms while it was watched`, ADVICE));
  }
  const needs = neededBy(config);
  if (sync === 'synchronized') findings.push(ok('kept by NTP'));
  else if (sync === 'unsynchronized') {
    findings.push(
      warning(`not kept by NTP${needs === null ? '' : `, and ${needs} need it right within 10 s`}`, ADVICE),
    );
  } else if (needs !== null) {
    findings.push(warning(`whether NTP keeps it is not known, and ${needs} need it right within 10 s`, ADVICE));
  } else findings.push(ok('whether NTP keeps it is not known; nothing that is configured needs it'));
  return findings;
}

function neededBy({ audiohookClientSecret, turnSecret }: Pick<Config, 'audiohookClientSecret' | 'turnSecret'>) {
  const users = [
    ...(audiohookClientSecret === undefined ? [] : ['AudioHook’s signatures']),
    ...(turnSecret === undefined ? [] : ['TURN credentials']),
  ];
  return users.length === 0 ? null : users.join(' and ');
}
