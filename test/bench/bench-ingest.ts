import { parseArgs } from 'node:util';
import {
  measureAudioHookAnalysis,
  measureAudioHookOverload,
  measureAudioHookTransport,
} from './ingest/audiohook-figures.ts';
import { measureCostPerCall } from './ingest/cost-per-call.ts';
import { describeMachine } from './machine.ts';
import { type FigureGroup, toMarkdown, toText } from './print-figures.ts';

const PARTS = ['cost', 'audiohook', 'audiohook-analysis', 'audiohook-overload'] as const;

const USAGE = `npm run bench:ingest -- [options]

Measures the ways in on this machine; see docs/capacity.md for what each figure means.

  --seconds N     how long each load lasts (default 20)
  --only LIST     among ${PARTS.join(', ')} (default all)
  --markdown      a Markdown table instead of a text one
  --help
`;

const TRANSPORT_SESSIONS = 400;
const ANALYZED_SESSIONS = 50;
const ASKED_SESSIONS = 400;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '20' },
      only: { type: 'string', default: PARTS.join(',') },
      markdown: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const seconds = Number(values.seconds);
  if (!(seconds >= 6)) throw new RangeError('--seconds must be 6 or more');
  const parts = values.only.split(',');
  const unknown = parts.find((part) => !PARTS.includes(part as (typeof PARTS)[number]));
  if (unknown !== undefined) throw new RangeError(`--only must be among ${PARTS.join(', ')}`);
  const groups: FigureGroup[] = [];
  if (parts.includes('cost'))
    groups.push({ title: 'A two-party call, transport only', figures: await measureCostPerCall({ seconds }) });
  if (parts.includes('audiohook')) {
    const figures = await measureAudioHookTransport(TRANSPORT_SESSIONS, seconds);
    groups.push({ title: `AudioHook, ${TRANSPORT_SESSIONS} stereo sessions, transport only`, figures });
  }
  if (parts.includes('audiohook-analysis')) {
    const figures = await measureAudioHookAnalysis(ANALYZED_SESSIONS, seconds);
    groups.push({ title: `AudioHook, ${ANALYZED_SESSIONS} stereo sessions, analyzed`, figures });
  }
  if (parts.includes('audiohook-overload')) {
    const figures = await measureAudioHookOverload(ASKED_SESSIONS, seconds);
    groups.push({ title: `AudioHook, ${ASKED_SESSIONS} stereo sessions asked for at once, analyzed`, figures });
  }
  process.stdout.write((values.markdown ? toMarkdown : toText)(groups, describeMachine()));
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench:ingest: ${(error as Error).message} (see --help)\n`);
  // Calls that are still open would keep it from ending.
  process.exit(2);
}
