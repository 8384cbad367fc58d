import { parseArgs } from 'node:util';
import { measureAgainst } from './against-revision.ts';
import { measureAnalyzeSpeed } from './analyze-speed.ts';
import { readBenchCall } from './bench-call.ts';
import { measureCallsPerCore } from './calls-per-core.ts';
import { measureForwardPass } from './forward-pass.ts';
import { measureLiveCall } from './live-call.ts';
import { describeMachine } from './machine.ts';
import { type FigureGroup, toMarkdown, toText } from './print-figures.ts';

const PARTS = ['live', 'capacity', 'analyze', 'model'] as const;

const USAGE = `npm run bench -- [options]

Measures the bundled call on this machine; see docs/benchmarks.md for what each figure means.

  --passes N      live calls, one after the other, about 70 s each (default 1)
  --only LIST     among ${PARTS.join(', ')} (default all)
  --against REV   compares with another Git revision: prints this checkout's figures divided by those of REV, measured in turns
  --rounds N      with --against: measurements of each side, of whose ratios the median counts (default 3)
  --markdown      a Markdown table instead of a text one
  --help
`;

interface Choice {
  readonly passes: number;
  readonly parts: readonly string[];
  readonly markdown: boolean;
  /** A Git revision to compare with; null for none. */
  readonly against: string | null;
  readonly rounds: number;
}

/** What the command line asks for; null when it asks for help. Throws when it makes no sense. */
function parseChoice(): Choice | null {
  const { values } = parseArgs({
    options: {
      passes: { type: 'string', default: '1' },
      only: { type: 'string', default: PARTS.join(',') },
      against: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      markdown: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const [passes, rounds] = [count('passes', values.passes), count('rounds', values.rounds)];
  const parts = values.only.split(',');
  const unknown = parts.find((part) => !PARTS.includes(part as (typeof PARTS)[number]));
  if (unknown !== undefined) throw new RangeError(`--only must be among ${PARTS.join(', ')}`);
  return { passes, parts, markdown: values.markdown, against: values.against ?? null, rounds };
}

function count(name: string, value: string): number {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed < 1) throw new RangeError(`--${name} must be a whole number of at least 1`);
  return parsed;
}

async function measure({ passes, parts }: Choice): Promise<FigureGroup[]> {
  const groups: FigureGroup[] = [];
  const call = await readBenchCall();
  if (parts.includes('live')) {
    const figures = await measureLiveCall(call.audioVideoAndText, passes);
    groups.push({ title: 'One live call, audio + video + text', figures });
  }
  if (parts.includes('capacity')) groups.push({ title: 'Capacity', figures: await measureCallsPerCore(call) });
  if (parts.includes('analyze')) groups.push({ title: 'A recording', figures: await measureAnalyzeSpeed() });
  if (parts.includes('model')) groups.push({ title: 'The model, one thread', figures: await measureForwardPass() });
  return groups;
}

async function main(): Promise<number> {
  let choice: Choice | null;
  try {
    choice = parseChoice();
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message.split('. ')[0]} (see --help)\n`);
    return 2;
  }
  if (choice === null) {
    process.stdout.write(USAGE);
    return 0;
  }
  const print = choice.markdown ? toMarkdown : toText;
  const { against, rounds, passes, parts } = choice;
  if (against === null) {
    process.stdout.write(print(await measure(choice), describeMachine()));
    return 0;
  }
  try {
    const args = ['--passes', String(passes), '--only', parts.join(',')];
    const figures = await measureAgainst({ revision: against, rounds, args });
    process.stdout.write(print(figures, `${describeMachine()}, over ${against}, medians of ${rounds}`));
    return 0;
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}
`);
    return 1;
  }
}

process.exitCode = await main();
