import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { RAVDESS_FOLDER } from '../../support/ravdess.ts';
import { describeMachine } from '../machine.ts';
import { toMarkdown, toText } from '../print-figures.ts';
import { type Clip, drawRecordings, readClip, synthesizeClip } from './clips.ts';
import { measureKernels } from './kernel-speed.ts';
import { measureAgreement, measureSpeed, type Progress } from './measure.ts';
import { Reference } from './reference.ts';
import { agreementTable, type FeatureReport, figuresOf } from './report.ts';

const DOCS = fileURLToPath(new URL('../../../docs/features.md', import.meta.url));
const FIGURES_START = '<!-- npm run bench:features -- --docs -->';
const FIGURES_END = '<!-- end -->';

const USAGE = `npm run bench:features -- [options]

Compares the 128 measures of a voice with openSMILE and librosa, in value and in speed; see docs/features.md.

  --clips N       how many clips (default 240)
  --data FOLDER   recordings at 16 kHz, named as RAVDESS names them (default ../shared/data/ravdess);
                  where there is none, voices are synthesised
  --python PATH   a Python with opensmile and librosa (default python3)
  --markdown      Markdown instead of text
  --docs          writes the Markdown into docs/features.md, too
  --json FILE     everything that was measured, too
  --help

Exit codes: 0 measured, 1 not measured, 2 bad usage.
`;

function parse() {
  const { values } = parseArgs({
    options: {
      clips: { type: 'string', default: '240' },
      data: { type: 'string', default: RAVDESS_FOLDER },
      python: { type: 'string', default: 'python3' },
      markdown: { type: 'boolean', default: false },
      docs: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const count = Number(values.clips);
  if (!Number.isInteger(count) || count < 2) throw new RangeError('--clips must be a whole number from 2');
  return { ...values, count };
}

async function readClips(folder: string, count: number): Promise<{ clips: Clip[]; material: string }> {
  const names = drawRecordings(folder, count);
  if (names === null) {
    const clips = Array.from({ length: count }, (_, index) => synthesizeClip(index));
    return { clips, material: `${count} synthetic voices (no recordings in ${folder})` };
  }
  const clips: Clip[] = [];
  for (const name of names) clips.push(await readClip(folder, name));
  const speakers = new Set(names.map((name) => name.split('-').at(-1))).size;
  return { clips, material: `${clips.length} recordings of ${speakers} speakers` };
}

function toPage(report: FeatureReport, markdown: boolean): string {
  const print = markdown ? toMarkdown : toText;
  const subject = `${report.machine}; ${report.references}; ${report.material}`;
  return `${print(figuresOf(report), subject)}\n${agreementTable(report, markdown)}`;
}

/** The page with everything between its two marks replaced. */
function insertFigures(page: string, figures: string): string {
  const [start, end] = [page.indexOf(FIGURES_START), page.indexOf(FIGURES_END)];
  if (start < 0 || end < start) throw new Error(`${DOCS} has lost its marks`);
  return `${page.slice(0, start + FIGURES_START.length)}\n${figures}${page.slice(end)}`;
}

const progress: Progress = (text) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else if (/ (1|\d*0) of /.test(text)) process.stderr.write(`${text}\n`);
};

async function main(): Promise<number> {
  let options: ReturnType<typeof parse>;
  try {
    options = parse();
  } catch (error) {
    process.stderr.write(`bench:features: ${(error as Error).message.split('. ')[0]} (see --help)\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  let reference: Reference | null = null;
  try {
    reference = await Reference.open(options.python);
    progress('reading the clips');
    const { clips, material } = await readClips(options.data, options.count);
    const report: FeatureReport = {
      machine: describeMachine(),
      references: reference.versions,
      material,
      speed: await measureSpeed(clips, reference, progress),
      agreement: await measureAgreement(clips, reference, progress),
      kernels: measureKernels(clips[0]!.samples),
    };
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    process.stdout.write(toPage(report, options.markdown));
    if (options.docs) writeFileSync(DOCS, insertFigures(readFileSync(DOCS, 'utf8'), toPage(report, true)));
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`bench:features: ${(error as Error).message}\n`);
    return 1;
  } finally {
    reference?.close();
  }
}

process.exitCode = await main();
