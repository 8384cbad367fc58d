import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Figure, latencyFigure, valueFigure } from '../bench/figure.ts';
import { describeMachine } from '../bench/machine.ts';
import { toText } from '../bench/print-figures.ts';
import { startSwitchingProxy } from '../support/client-sdk/switching-proxy.ts';
import { ServedProcess } from '../support/e2e/served-process.ts';
import { ChaosCall } from './chaos-call.ts';

const USAGE = `npm run chaos -- [options]

Kills a server with SIGKILL again and again while calls go on, and starts it again. Then it compares what each subscriber
saw with what is stored. Fails if an event was lost, repeated or out of order.

  --nodes N      servers (only 1 so far, with its history in SQLite)
  --sessions N   calls, each with a publisher and a subscriber of the SDK (default 20)
  --kills N      how often the server is killed (default 20)
  --every S      seconds between two kills (default 30)
  --help
`;

function parse() {
  const { values } = parseArgs({
    options: {
      nodes: { type: 'string', default: '1' },
      sessions: { type: 'string', default: '20' },
      kills: { type: 'string', default: '20' },
      every: { type: 'string', default: '30' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.nodes !== '1') throw new RangeError('--nodes must be 1');
  const [sessions, kills, everyS] = [values.sessions, values.kills, values.every].map(Number);
  for (const count of [sessions!, kills!, everyS!]) {
    if (!(count >= 1)) throw new RangeError('the numbers must be 1 or more');
  }
  return { help: values.help, sessions: sessions!, kills: kills!, everyS: everyS! };
}

async function main(): Promise<void> {
  const { help, sessions, kills, everyS } = parse();
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'undertone-chaos-'));
  const start = () =>
    ServedProcess.start('--port', '0', '--data-dir', join(folder, 'data'), '--restart-grace-ms', '600000');
  let server = await start();
  const proxy = await startSwitchingProxy(server.port);
  const calls = Array.from({ length: sessions }, (_, index) => new ChaosCall(proxy.url, `call-${index}`));
  const startsMs: number[] = [];
  const recoveriesMs: number[] = [];
  try {
    for (let kill = 1; kill <= kills; kill += 1) {
      await sleep(everyS * 1000);
      proxy.target(null);
      const killedMs = performance.now();
      await server.kill('SIGKILL');
      server = await start();
      proxy.target(server.port);
      startsMs.push(performance.now() - killedMs);
      recoveriesMs.push(...(await Promise.all(calls.map((call) => call.nextEventAfter(performance.now())))));
      const told = calls.reduce((sum, { eventCount }) => sum + eventCount, 0);
      process.stderr.write(`  killed ${kill} of ${kills} times; ${told} events so far\n`);
    }
    const results = await Promise.all(calls.map((call) => call.finish()));
    const sum = (read: (result: (typeof results)[number]) => number) =>
      results.reduce((total, result) => total + read(result), 0);
    const none = { atMost: 0 };
    const count = (value: number) => String(value);
    const figures: Figure[] = [
      valueFigure(
        'events',
        sum(({ events }) => events),
        count,
      ),
      valueFigure(
        'lost',
        sum(({ lost }) => lost),
        count,
        none,
      ),
      valueFigure(
        'repeated or out of order',
        sum(({ repeated }) => repeated),
        count,
        none,
      ),
      valueFigure(
        'not as they are stored',
        sum(({ altered }) => altered),
        count,
        none,
      ),
      valueFigure(
        'notices of dropped events',
        sum(({ notices }) => notices),
        count,
        none,
      ),
      valueFigure(
        'logs beyond one per session',
        sum(({ epochs }) => epochs - 1),
        count,
        none,
      ),
      latencyFigure('killed → listens again: median / p95', startsMs),
      latencyFigure('listens again → next event of a session: median / p95', recoveriesMs),
    ];
    const title = `${kills} kills, one every ${everyS} s, ${sessions} sessions of words`;
    process.stdout.write(toText([{ title, figures }], describeMachine()));
    if (figures.some(({ isMet }) => isMet === false)) process.exitCode = 1;
  } finally {
    await server.kill('SIGKILL');
    await proxy[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
process.exit();
