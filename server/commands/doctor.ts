import { type ConfigRequest, readConfig } from '../config.ts';
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
import { type Check, runChecks } from './doctor/run-checks.ts';

/** Time that a check has, in ms; all run side by side, and take a second or two on an idle machine. */
const LIMIT_MS = 25_000;

const USAGE = `undertone doctor [--json] [options of serve]

Looks at what a deployment trips over, with the flags and variables of undertone serve, and says what to do: Node,
settings, ports, WebRTC addresses, STUN and TURN servers, mediasoup, model files, execution providers, clock,
capacity, dashboard. Starts no server and changes nothing.

  --json   JSON Lines: { "check", "status", "findings": [{ "status", "message", "advice"? }] }
  --help

Exit codes: 0 nothing failed, 1 something did, 2 bad usage.
`;

/** `undertone doctor`: what would keep `undertone serve` from working here. */
export async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const json = argv.includes('--json');
  let checks: readonly Check[];
  try {
    const request = readConfig(argv.filter((argument) => argument !== '--json'));
    if (request.help) {
      io.stdout.write(USAGE);
      return 0;
    }
    checks = allChecks(request);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'config-invalid') throw error;
    const { message } = error;
    const advice = 'Correct it and run this again: the other checks need the settings.';
    checks = [nodeCheck, { name: 'configuration', run: () => [failure(message, advice)] }];
  }
  const results = await runChecks(checks, LIMIT_MS);
  io.stdout.write(json ? toJsonLines(results) : toList(results));
  return results.some(({ status }) => status === 'failure') ? 1 : 0;
}

const nodeCheck: Check = { name: 'node', run: () => checkNode(process.versions.node) };

function allChecks(request: ConfigRequest): readonly Check[] {
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
    { name: 'capacity', run: () => checkCapacity(config) },
    {
      name: 'dashboard',
      // Loaded here: it brings a bundler.
      run: () => checkDashboard(async () => (await import('../dashboard/build.ts')).buildDashboard()),
    },
  ];
}
