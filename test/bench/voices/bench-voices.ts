import { parseArgs } from 'node:util';
import { openSpeakerModel } from '../../../models/index.ts';
import { CORPORA } from './corpora.ts';
import { measureVoices, type VoicesMeasured } from './measure-voices.ts';

const USAGE = `npm run bench:voices -- [options]

Cuts clips of two speakers together, and of one, and measures how well the voices are told apart. The speakers are those
that no constant was chosen with. See docs/recordings.md and docs/telephony.md.

  --data FOLDER   holds ravdess/ and nemo/ (default ../shared/data)
  --calls N       calls of two speakers per corpus, and as many of one (default 24)
  --clips N       clips per call (default 16)
  --fitted        the speakers that constants were chosen with instead
  --help
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '../shared/data' },
      calls: { type: 'string', default: '24' },
      clips: { type: 'string', default: '16' },
      fitted: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const model = await openSpeakerModel({ log });
  try {
    for (const corpus of CORPORA) {
      for (const isLive of [false, true]) {
        const measured = await measureVoices({
          data: values.data,
          corpus,
          isFitted: values.fitted,
          callCount: Number(values.calls),
          clipCount: Number(values.clips),
          encoder: model.forSession(''),
          isLive,
        });
        process.stdout.write(`${describe(`${corpus.name}, ${isLive ? 'live' : 'recorded'}`, measured)}\n`);
      }
    }
  } finally {
    await model.close();
  }
}

function describe(name: string, { shares, missed, invented }: VoicesMeasured): string {
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const good = shares.filter((share) => share >= 0.9).length / shares.length;
  return [
    `${name}: ${percent(mean)} of the voiced time right`,
    `at least 90 % in ${percent(good)} of the calls`,
    `worst ${percent(Math.min(...shares))}`,
    `taken for one voice: ${missed} of ${shares.length}`,
    `one voice taken for two: ${invented} of ${shares.length}`,
  ].join('; ');
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench:voices: ${(error as Error).message} (see --help)\n`);
  process.exit(2);
}
