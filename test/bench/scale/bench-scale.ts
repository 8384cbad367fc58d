import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { describeMachine } from '../machine.ts';
import type { ScaleFigures, ScaleJob } from './scale-job.ts';

const USAGE = `npm run bench:scale -- [options]

Measures what analysis threads cost and bring, as ratios of measurements that were made in turns.

  --threads LIST  numbers of analysis threads; 0: the main thread analyzes (default 0,1,2)
  --calls N       calls in real time (default 4)
  --seconds S     media per call (default 20)
  --rounds N      measurements of each, of which the median counts (default 3)
  --no-pin        does not pin n threads to n cores (taskset, Linux only)
  --help
`;

const RUN = fileURLToPath(new URL('./scale-run.ts', import.meta.url));
const run = promisify(execFile);

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '0,1,2' },
    calls: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    'no-pin': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) process.stdout.write(USAGE);
else await main();

async function main(): Promise<void> {
  const counts = values.threads.split(',').map(Number);
  const kinds = ['paced', 'at-once'] as const;
  const measured = new Map<string, ScaleFigures[]>();
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const kind of kinds) {
      for (const threads of counts) {
        const job: ScaleJob = {
          kind,
          threads,
          calls: kind === 'paced' ? Number(values.calls) : 2 * Math.max(2, ...counts),
          seconds: Number(values.seconds),
        };
        process.stderr.write(`round ${round + 1}, ${kind}, ${threads} analysis threads …\n`);
        const key = `${kind} ${threads}`;
        measured.set(key, [...(measured.get(key) ?? []), await measure(job)]);
      }
    }
  }
  const of = (kind: ScaleJob['kind'], threads: number) => medians(measured.get(`${kind} ${threads}`)!);
  const first = counts[0]!;
  process.stdout.write(`${await describeMachine()}\n\n`);
  process.stdout.write(
    '| analysis threads | cores | CPU per second of a call | ratio | of it the main thread | p95 latency | calls at once | ratio | resident |\n',
  );
  process.stdout.write('| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n');
  for (const threads of counts) {
    const [paced, atOnce] = [of('paced', threads), of('at-once', threads)];
    const cells = [
      threads === 0 ? 'none' : String(threads),
      String(coresFor(threads)),
      `${paced.cpuMs.toFixed(1)} ms`,
      (paced.cpuMs / of('paced', first).cpuMs).toFixed(2),
      `${paced.mainMs.toFixed(1)} ms`,
      `${paced.latencyMs.toFixed(0)} ms`,
      `${atOnce.speed.toFixed(1)}`,
      (atOnce.speed / of('at-once', first).speed).toFixed(2),
      `${paced.residentMib.toFixed(0)} MiB`,
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}

function coresFor(threads: number): number {
  return values['no-pin'] ? availableParallelism() : Math.min(availableParallelism(), Math.max(1, threads));
}

async function measure(job: ScaleJob): Promise<ScaleFigures> {
  const args = [RUN, JSON.stringify(job)];
  const cores = `0-${coresFor(job.threads) - 1}`;
  const { stdout } = values['no-pin']
    ? await run(process.execPath, args)
    : await run('taskset', ['-c', cores, process.execPath, ...args]);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as ScaleFigures;
}

function medians(all: readonly ScaleFigures[]): ScaleFigures {
  const median = (key: keyof ScaleFigures): number => {
    const sorted = all.map((figures) => figures[key]).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)]!;
  };
  const keys = Object.keys(all[0]!) as (keyof ScaleFigures)[];
  return Object.fromEntries(keys.map((key) => [key, median(key)])) as unknown as ScaleFigures;
}
