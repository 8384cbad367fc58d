import { parseArgs } from 'node:util';
import { openGraphWorker } from '../../../models/runtime/graph-worker.ts';
import { VOICE_ACTIVITY_GRAPHS } from '../../../models/voice-activity/voice-activity-graph.ts';
import { RAVDESS_FOLDER } from '../../support/ravdess.ts';
import { type Figure, valueFigure } from '../figure.ts';
import { describeMachine } from '../machine.ts';
import { type FigureGroup, toMarkdown, toText } from '../print-figures.ts';
import { COPIES, type Line, readLines } from './lines.ts';
import { measureBatches } from './measure-batches.ts';
import { type EdgeCounts, measureEdges } from './measure-edges.ts';

/** Shares of edges that may move: by more than one frame of 32 ms, and by more than three. */
const MOST_BY_ONE = 0.01;
const MOST_BY_THREE = 0;

const USAGE = `npm run bench:voice-activity -- [options]

Measures what batches of frames save, how many frames are answered at once because they cannot hold a voice, and
whether the edges of utterances stay where they are.

  --data FOLDER   recordings at 16 kHz, named as RAVDESS names them (default ../shared/data/ravdess);
                  where there is none, only the sample call is measured
  --clips N       how many recordings (default 240)
  --markdown      a Markdown table instead of a text one
  --help
`;

function parse() {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: RAVDESS_FOLDER },
      clips: { type: 'string', default: '240' },
      markdown: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const count = Number(values.clips);
  if (!Number.isInteger(count) || count < 1) throw new RangeError('--clips must be a whole number from 1');
  return { ...values, count };
}

async function batchFigures(): Promise<FigureGroup> {
  process.stderr.write('batches …\n');
  const figures: Figure[] = [];
  for (const { tracks, frameMs, ratio } of await measureBatches()) {
    figures.push(valueFigure(`CPU time per frame, ${tracks} tracks at once`, frameMs, (ms) => `${ms.toFixed(3)} ms`));
    figures.push(valueFigure('the same, over one track after the other', ratio, (x) => x.toFixed(2), { atMost: 1 }));
  }
  return { title: 'Batches across tracks', figures };
}

async function edgeFigures(lines: readonly Line[]): Promise<FigureGroup[]> {
  const worker = await openGraphWorker({ graphs: VOICE_ACTIVITY_GRAPHS, provider: 'cpu' });
  try {
    const groups: FigureGroup[] = [];
    for (const material of new Set(lines.map((line) => line.material))) {
      const figures: Figure[] = [];
      for (const [copy, degrade] of Object.entries(COPIES)) {
        process.stderr.write(`${material}, ${copy} …\n`);
        const total: EdgeCounts = { frames: 0, skipped: 0, runs: 0, edges: 0, movedByOne: 0, movedByThree: 0 };
        for (const [index, line] of lines.entries()) {
          if (line.material !== material) continue;
          const counts = await measureEdges(worker, degrade(line.samples, index + 1));
          for (const key of Object.keys(total) as (keyof EdgeCounts)[]) total[key] += counts[key];
        }
        figures.push(...figuresOf(copy, total));
      }
      groups.push({ title: `Frames that cannot hold a voice: ${material}`, figures });
    }
    return groups;
  } finally {
    await worker.close();
  }
}

function figuresOf(copy: string, { frames, skipped, runs, edges, movedByOne, movedByThree }: EdgeCounts): Figure[] {
  const share = (value: number) => `${(100 * value).toFixed(1)} %`;
  const ofEdges = (value: number) => `${share(value)} of ${edges}`;
  return [
    valueFigure(`${copy}: frames answered at once`, skipped / frames, share),
    valueFigure('runs of the graph, over one per frame', runs / frames, (x) => x.toFixed(2), { atMost: 1 }),
    valueFigure('edges moved by more than one frame', movedByOne / edges, ofEdges, { atMost: MOST_BY_ONE }),
    valueFigure('edges moved by more than three frames', movedByThree / edges, ofEdges, { atMost: MOST_BY_THREE }),
  ];
}

async function main(): Promise<number> {
  let options: ReturnType<typeof parse>;
  try {
    options = parse();
  } catch (error) {
    process.stderr.write(`bench:voice-activity: ${(error as Error).message.split('. ')[0]} (see --help)\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { lines, hasClips } = await readLines(options.data, options.count);
  if (!hasClips) process.stderr.write(`no recordings in ${options.data}: only the sample call is measured\n`);
  const groups = [...(await edgeFigures(lines)), await batchFigures()];
  process.stdout.write((options.markdown ? toMarkdown : toText)(groups, describeMachine()));
  return groups.some(({ figures }) => figures.some(({ isMet }) => isMet === false)) ? 1 : 0;
}

process.exitCode = await main();
