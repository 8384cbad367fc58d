import { type ConfigRequest, readConfig } from '../config/read-config.ts';
import { ServiceError } from '../service-error.ts';
import type { CommandIo } from './command.ts';
import { checkCapacity } from './doctor/checks/capacity.ts';
import { checkClock } from './doctor/checks/clock.ts';
import { checkConfiguration } from './doctor/checks/configuration.ts';
import { checkDashboard } from './doctor/checks/dashboard.ts';
import { checkHttpPort } from './doctor/checks/http-port.ts';
import { checkIceServers } from './doctor/checks/ice-servers.ts';
import { checkMediasoup } from './doctor/checks/mediasoup.ts';
import { checkModels } from './doctor/checks/models.ts';
import { checkNode } from './doctor/checks/node.ts';
import { checkOperatingPoint } from './doctor/checks/operating-point.ts';
import { checkProviders } from './doctor/checks/providers.ts';
import { checkWebRtc } from './doctor/checks/webrtc.ts';
import { failure } from './doctor/finding.ts';
import { toJsonLines, toList } from './doctor/print-results.ts';
import { type CapacityProbe, measureCapacity } from './doctor/probes/capacity/measure-capacity.ts';
import { readMachine } from './doctor/probes/machine.ts';
import { type Check, type CheckResult, runChecks } from './doctor/run-checks.ts';
import { createWaitLine } from './doctor/wait-line.ts';

/** Time limit per check, in ms. The checks run at the same time and take a few seconds on an idle machine. */
const LIMIT_MS = 60_000;
/** Time limit of the capacity check, in ms. It loads the models and measures twice. */
const CAPACITY_LIMIT_MS = 120_000;
/** How long the capacity check takes on an idle machine, in s. */
const CAPACITY_SECONDS = 20;

const USAGE = `undertone doctor [--json] [options of serve]

Checks whether a server with these settings would work on this machine, and says how to fix what would not: Node,
settings, ports, WebRTC addresses, STUN and TURN servers, mediasoup, model files, execution providers, clock,
dashboard. Then it analyzes the bundled call for 15 seconds to measure how many calls this machine carries.
It takes the flags and variables of undertone serve, starts no server and changes nothing.

  --json   print JSON Lines: { "check", "status", "findings": [{ "status", "message", "advice"? }] }
  --help   print this

Exit codes: 0 no check failed, 1 a check failed, 2 wrong usage.
`;

export interface DoctorOptions {
  /** Default: the environment of the process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: {@link measureCapacity}, which takes a quarter of a minute. */
  readonly measure?: CapacityProbe;
}

/** `undertone doctor`: finds problems that would keep `undertone serve` from working on this machine. */
export async function run(
  argv: readonly string[],
  io: CommandIo,
  { env = process.env, measure = measureCapacity }: DoctorOptions = {},
): Promise<number> {
  const json = argv.includes('--json');
  let checks: readonly Check[];
  try {
    const request = readConfig(
      argv.filter((argument) => argument !== '--json'),
      env,
    );
    if (request.help) {
      io.stdout.write(USAGE);
      return 0;
    }
    checks = allChecks(request, measure);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'config-invalid') throw error;
    const { message } = error;
    const advice = 'Correct it and run this again: the other checks need the settings.';
    checks = [nodeCheck, { name: 'configuration', run: () => [failure(message, advice)] }];
  }
  const results = await runAll(checks, io);
  io.stdout.write(json ? toJsonLines(results) : toList(results));
  return results.some(({ status }) => status === 'failure') ? 1 : 0;
}

/**
 * Runs all other checks at the same time and then the capacity check alone, because anything else that runs would
 * distort the measurement.
 */
async function runAll(checks: readonly Check[], io: CommandIo): Promise<CheckResult[]> {
  const capacity = checks.filter(({ name }) => name === 'capacity');
  const results = await runChecks(
    checks.filter((check) => !capacity.includes(check)),
    LIMIT_MS,
  );
  if (capacity.length === 0) return results;
  const line = createWaitLine(io.stderr, 'measuring the capacity with the bundled call', CAPACITY_SECONDS);
  try {
    return [...results, ...(await runChecks(capacity, CAPACITY_LIMIT_MS))];
  } finally {
    line.done();
  }
}

const nodeCheck: Check = { name: 'node', run: () => checkNode(process.versions.node) };

function allChecks(request: ConfigRequest, measure: CapacityProbe): readonly Check[] {
  const { config } = request;
  return [
    nodeCheck,
    { name: 'configuration', run: () => checkConfiguration(request) },
    { name: 'http-port', run: () => checkHttpPort(config) },
    { name: 'webrtc', run: () => checkWebRtc(config) },
    { name: 'ice-servers', run: () => checkIceServers(config) },
    { name: 'mediasoup', run: () => checkMediasoup(config) },
    {
      name: 'models',
      run: async () => [...(await checkModels(config.modelBundle)), ...(await checkOperatingPoint(config))],
    },
    { name: 'providers', run: (signal) => checkProviders(config, signal) },
    { name: 'clock', run: (signal) => checkClock(config, signal) },
    {
      name: 'dashboard',
      // Loaded here because it loads a bundler.
      run: () => checkDashboard(async () => (await import('../dashboard/build.ts')).buildDashboard()),
    },
    { name: 'capacity', run: (signal) => checkCapacity(config, signal, { measure, machine: readMachine }) },
  ];
}
