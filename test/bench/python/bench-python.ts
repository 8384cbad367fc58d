import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Models } from '../../../models/index.ts';
import { toFrames } from '../../support/e2e/call-script.ts';
import { isEmotion } from '../../support/e2e/events.ts';
import { openShippedModels } from '../../support/e2e/real-server.ts';
import { runPipeline } from '../../support/e2e/run-pipeline.ts';
import { CUSTOMER, readSampleCall } from '../../support/e2e/sample-call.ts';
import { type BenchCall, readBenchCall } from '../bench-call.ts';
import { valueFigure } from '../figure.ts';
import { describeMachine } from '../machine.ts';
import { toMarkdown, toText } from '../print-figures.ts';
import { PythonProcess } from '../python-process.ts';
import { nearestRank } from '../statistics.ts';

const USAGE = `npm run bench:python -- [options]

Analyzes the utterances of the bundled call with this project, and with librosa, openSMILE and PyTorch, in turns; see
docs/benchmarks.md.

  --rounds N      measurements of each, of which the median counts (default 3)
  --python PATH   a Python with the packages below (default: models/training/.venv, else python3)
  --markdown      a Markdown table instead of a text one
  --help

Packages: opensmile librosa torch tokenizers
`;

const SCRIPT = fileURLToPath(new URL('python-stack.py', import.meta.url));
const VENV = fileURLToPath(new URL('../../../models/training/.venv/bin/python', import.meta.url));
const RATE_HZ = 16_000;
const TARGET = 5;

/** One way through all utterances. */
interface Pass {
  readonly seconds: number;
  readonly processorSeconds: number;
}

interface Utterance {
  readonly samples: Float32Array;
  readonly text: string;
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    python: { type: 'string', default: existsSync(VENV) ? VENV : 'python3' },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

try {
  if (values.help) process.stdout.write(USAGE);
  else await main();
} catch (error) {
  process.stderr.write(`bench:python: ${(error as Error).message}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError('--rounds must be a whole number of at least 1');
  const { python } = values;
  const needs = 'opensmile librosa torch tokenizers';
  const stacks = {
    'BERT base, as the paper has it': await PythonProcess.open({ python, script: SCRIPT, needs }),
    'a BERT of the size of ours': await PythonProcess.open({ python, script: SCRIPT, needs, args: ['--small'] }),
  };
  const [first] = Object.values(stacks);
  const { opensmile, librosa, torch } = first!.greeting;
  const models = await openShippedModels();
  const folder = mkdtempSync(join(tmpdir(), 'undertone-bench-'));
  try {
    const call = await readBenchCall();
    const utterances = await utterancesOf(call, models);
    const files = utterances.map(({ samples }, index) => {
      const file = join(folder, `${index}.f32`);
      writeFileSync(file, samples);
      return file;
    });
    const theirs = async (stack: PythonProcess): Promise<Pass> => {
      const pass = { seconds: 0, processorSeconds: 0 };
      for (const [index, { text }] of utterances.entries()) {
        const { seconds, processorSeconds } = await stack.ask<Pass>(JSON.stringify({ samples: files[index], text }));
        pass.seconds += seconds;
        pass.processorSeconds += processorSeconds;
      }
      return pass;
    };
    const ways: Record<string, { run: () => Promise<Pass>; passes: Pass[] }> = {
      Undertone: { run: () => ours(call, models), passes: [] },
    };
    for (const [name, stack] of Object.entries(stacks)) ways[name] = { run: () => theirs(stack), passes: [] };
    // The first round warms up.
    for (let round = 0; round <= rounds; round += 1) {
      for (const [name, { run, passes }] of Object.entries(ways)) {
        process.stderr.write(`round ${round} of ${rounds}, ${name} …\n`);
        const pass = await run();
        if (round > 0) passes.push(pass);
      }
    }
    const count = utterances.length;
    const own = ways.Undertone!.passes;
    const groups = Object.entries(ways).map(([name, { passes }]) => ({
      title: name === 'Undertone' ? 'Undertone, the whole pipeline' : `Python, ${name}`,
      figures: [
        valueFigure('utterances per second', count / median(passes.map(({ seconds }) => seconds)), rate),
        valueFigure(
          'processor time per utterance',
          (1000 * median(passes.map(({ processorSeconds }) => processorSeconds))) / count,
          (ms) => `${ms.toFixed(0)} ms`,
        ),
        ...(passes === own
          ? []
          : [
              valueFigure(
                'processor time over that of Undertone',
                median(passes.map(({ processorSeconds }, round) => processorSeconds / own[round]!.processorSeconds)),
                (ratio) => `${ratio.toFixed(2)} ×`,
                { atLeast: TARGET },
              ),
            ]),
      ],
    }));
    const seconds = utterances.reduce((sum, { samples }) => sum + samples.length / RATE_HZ, 0);
    const subject = `${describeMachine()}; openSMILE ${opensmile}, librosa ${librosa}, PyTorch ${torch}; ${count} utterances of ${(seconds / count).toFixed(1)} s`;
    process.stdout.write((values.markdown ? toMarkdown : toText)(groups, subject));
  } finally {
    for (const stack of Object.values(stacks)) stack.close();
    rmSync(folder, { recursive: true, force: true });
    await models.close();
  }
}

/** The call from its packets to its events, in one process. */
async function ours({ audioAndText }: BenchCall, models: Models): Promise<Pass> {
  const [startMs, used] = [performance.now(), process.cpuUsage()];
  await runPipeline(toFrames(audioAndText), { models });
  const { user, system } = process.cpuUsage(used);
  return { seconds: (performance.now() - startMs) / 1000, processorSeconds: (user + system) / 1e6 };
}

/** The call's utterances as this project cuts them, with their words. */
async function utterancesOf({ audioAndText }: BenchCall, models: Models): Promise<Utterance[]> {
  const { voices } = await readSampleCall(RATE_HZ);
  const events = await runPipeline(toFrames(audioAndText), { models });
  const last = new Map(events.filter(isEmotion).map((event) => [event.utteranceId, event]));
  return [...last.values()].map(({ participant, startMs, endMs, transcript }) => ({
    samples: voices[participant.id === CUSTOMER.id ? 0 : 1].subarray(
      (startMs * RATE_HZ) / 1000,
      (endMs * RATE_HZ) / 1000,
    ),
    text: transcript?.text ?? '',
  }));
}

function median(values: readonly number[]): number {
  return nearestRank(values, 0.5);
}

function rate(value: number): string {
  return value.toFixed(1);
}
