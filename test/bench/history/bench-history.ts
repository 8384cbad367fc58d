import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { SafeAgainst } from '../../../server/history/sqlite/open-database.ts';
import { SqliteHistory } from '../../../server/history/sqlite/sqlite-history.ts';
import { type Figure, valueFigure } from '../figure.ts';
import { describeMachine } from '../machine.ts';
import { type FigureGroup, toMarkdown, toText } from '../print-figures.ts';
import { measureLogging } from './measure-logging.ts';
import { measureSearches } from './measure-searches.ts';
import { SyntheticCalls, UTTERANCES_PER_CALL } from './synthetic-calls.ts';

const USAGE = `npm run bench:history -- [options]

Measures the history on this machine: how long lists and searches take, how large an utterance is, and what storing
costs an event. It stores made-up calls in a temporary folder.

  --utterances N  how many are stored (default 1000000; about 1 GB and some minutes)
  --repeats N     how often each query is made, with other values (default 100)
  --seconds N     how long events are stored at each rate (default 10)
  --folder F      where the temporary folder is made (default the system's)
  --markdown      a Markdown table instead of a text one
  --help
`;

/** Events per second. A call has about 0.6 of them. */
const RATES = [20, 100, 500] as const;
const CALLS_PER_GROUP = 3;

function parse() {
  const { values } = parseArgs({
    options: {
      utterances: { type: 'string', default: '1000000' },
      repeats: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '10' },
      folder: { type: 'string', default: tmpdir() },
      markdown: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [utterances, repeats, seconds] = [values.utterances, values.repeats, values.seconds].map(Number);
  for (const count of [utterances!, repeats!, seconds!]) {
    if (!Number.isInteger(count) || count < 1) throw new RangeError('the numbers must be whole, from 1');
  }
  return { ...values, utterances: utterances!, repeats: repeats!, seconds: seconds! };
}

const open = (folder: string, safeAgainst: SafeAgainst) =>
  SqliteHistory.open({ folder, safeAgainst, keepsWords: true, startedAtMs: Date.now() });

/** Stores calls in groups, as large as those of a busy server. The next group is made up while one is written. */
async function fill(store: SqliteHistory, calls: SyntheticCalls, utterances: number): Promise<Figure> {
  const count = Math.floor(utterances / UTTERANCES_PER_CALL);
  let [stored, writing] = [0, Promise.resolve()];
  const fromMs = performance.now();
  for (let call = 0; call < count; call += CALLS_PER_GROUP) {
    const group = Array.from({ length: Math.min(CALLS_PER_GROUP, count - call) }, () => calls.next());
    const events = group.flatMap((batch) => batch.events);
    await writing;
    writing = store.write({ runs: group.flatMap(({ runs }) => runs), events });
    stored += events.length;
    if (call % 1002 === 0) process.stderr.write(`\r  ${call * UTTERANCES_PER_CALL} utterances`);
  }
  await writing;
  process.stderr.write('\n');
  const perSecond = (stored / (performance.now() - fromMs)) * 1000;
  return valueFigure('events stored per second, in groups of 456', perSecond, (n) => n.toFixed(0));
}

async function main(): Promise<void> {
  const options = parse();
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  const { utterances } = options;
  const folder = mkdtempSync(join(options.folder, 'undertone-bench-'));
  try {
    const calls = new SyntheticCalls();
    const store = await open(folder, 'process');
    process.stderr.write('storing …\n');
    const speed = await fill(store, calls, utterances);
    const forever = { wordsMs: 1e15, eventsMs: 1e15, summariesMs: 1e15, maxBytes: Number.POSITIVE_INFINITY };
    const { bytes } = await store.prune(forever, Date.now());
    const stored = [
      speed,
      valueFigure('size per utterance', bytes / utterances, (size) => `${size.toFixed(0)} bytes`),
      valueFigure('size of all files', sizeOf(folder) / 1e6, (size) => `${size.toFixed(0)} MB`),
    ];
    process.stderr.write('searching …\n');
    const searches = await measureSearches(store, calls, utterances, options.repeats);
    await store.close();
    const groups: FigureGroup[] = [
      { title: `${utterances} utterances, each with two revisions`, figures: stored },
      { title: 'A page of 50 sessions: median / p95', figures: searches },
    ];
    for (const safeAgainst of ['process', 'power'] as const) {
      process.stderr.write(`storing events that survive the end of the ${safeAgainst} …\n`);
      const figures: Figure[] = [];
      const again = await open(folder, safeAgainst);
      for (const rate of RATES) figures.push(...(await measureLogging(again, calls, rate, options.seconds)));
      await again.close();
      groups.push({ title: `Durability "${safeAgainst}", beside those utterances`, figures });
    }
    process.stdout.write((options.markdown ? toMarkdown : toText)(groups, describeMachine()));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sizeOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

await main();
