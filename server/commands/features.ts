import { participantName } from '../../client-sdk/protocol/index.ts';
import { type Models, openModels } from '../../models/index.ts';
import { AUDIO_FEATURE_NAMES, measureFeatures, type UtteranceFeatures } from '../../pipeline/index.ts';
import { toClockTime } from '../clock-time.ts';
import type { Warn } from '../ingest/file/analysis-warning.ts';
import { openRecording, type Recording } from '../ingest/file/recording.ts';
import { RecordingError } from '../ingest/file/recording-error.ts';
import { recordingFrames } from '../ingest/file/recording-frames.ts';
import { runAnalysis } from '../ingest/file/run-analysis.ts';
import { defaultSpeakers } from '../ingest/file/speakers.ts';
import { decodeImage } from '../ingest/pictures/decode-picture.ts';
import { parseOptions } from '../parse-options.ts';
import { printable, printableJson } from '../printable.ts';
import { AnalysisAccount } from './analysis-account.ts';
import { ManifestError } from './batch/manifest.ts';
import { measureManifest } from './batch/measure-manifest.ts';
import { BUNDLE_DIRECTORY, type CommandIo } from './command.ts';
import { describeWarning } from './describe-warning.ts';
import { printDescriptors } from './print-descriptors.ts';
import { runCommand, UsageError } from './run-command.ts';
import { FACE_BYTES, uniqueFaces } from './unique-faces.ts';

const SETS = ['mfcc', 'egemaps', 'egemaps-lld', 'faces'] as const;
/** What is measured once per utterance. */
type FeatureSet = Exclude<(typeof SETS)[number], 'egemaps-lld'>;

const MFCC_COUNT = 40;
const DEFAULT_SHARD_SIZE = 256;

const USAGE = `undertone features FILE --set mfcc|egemaps|egemaps-lld|faces [--json]
undertone features --batch MANIFEST.jsonl --out DIR

Prints the features of each utterance of a recording, as the model receives them, or acoustic descriptors every 10 ms.
With --batch: writes the features of a corpus as NumPy files.

  --set NAME    mfcc         40 MFCC, mean over the utterance (librosa's definition)
                egemaps      the 88 eGeMAPSv02 functionals, by openSMILE's names
                egemaps-lld  the 25 eGeMAPSv02 low-level descriptors, one line of CSV per 10 ms
                faces        the aligned faces, gray 64×64 (base64 in --json)
  --json        print JSON Lines: one utterance, or one row of descriptors, per line
  --batch FILE  JSON Lines, one utterance per line: { "id", "media", "startMs"?, "endMs"?,
                "channel"? (default: all channels are mixed), "crop"? { "x", "y", "width",
                "height" } as shares of the picture, "video"? { "media", "startMs"?,
                "endMs"?, "crop"? } if the pictures are in another file }
  --out DIR     receives shard-*.npz and, at the end, index.json. A second run continues
                where the first one stopped. An utterance whose media cannot be used
                becomes a row with an error.
  --shard N     utterances per file, default ${DEFAULT_SHARD_SIZE}
  --help

Warnings go to standard error.

Exit codes: 0 done, perhaps with warnings; 1 failed, or the output could not be written;
2 bad usage or unreadable input; 130 interrupted; 141 the reader of the output left.
`;

/** `undertone features`: a recording in, the named values of the feature stage out. */
export function run(argv: readonly string[], io: CommandIo): Promise<number> {
  return runCommand({ name: 'features', usage: USAGE, parse, run: printFeatures }, argv, io);
}

async function printFeatures({ values, positionals }: Arguments, io: CommandIo): Promise<void> {
  if (values.batch !== undefined) return runBatch(values, positionals, io);
  const set = SETS.find((name) => name === values.set);
  if (set === undefined) {
    throw new UsageError('give --set mfcc, --set egemaps, --set egemaps-lld or --set faces');
  }
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) {
    throw new UsageError('give exactly one FILE (see undertone features --help)');
  }
  const recording = await openRecording(path, { warn: (warning) => io.stderr.write(describeWarning(warning)) });
  try {
    if (set !== 'egemaps-lld') await printUtterances(recording, set, values.json, io);
    else if (recording.channelCount > 0) await printDescriptors(recording, values.json, io);
    else throw RecordingError.unsupported(path, 'it has no sound');
  } finally {
    recording.close();
  }
}

type Arguments = ReturnType<typeof parse>;

function parse(argv: readonly string[]) {
  return parseOptions({
    args: [...argv],
    allowPositionals: true,
    options: {
      set: { type: 'string' },
      json: { type: 'boolean', default: false },
      batch: { type: 'string' },
      out: { type: 'string' },
      shard: { type: 'string', default: String(DEFAULT_SHARD_SIZE) },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}

async function printUtterances(recording: Recording, set: FeatureSet, json: boolean, io: CommandIo): Promise<void> {
  const models = await openModels({
    bundleDirectory: BUNDLE_DIRECTORY,
    providers: ['cpu'],
    log: (m) => io.stderr.write(`${m}\n`),
  });
  try {
    const print = json ? toJson : toTable;
    await eachUtterance(recording, models, io, (features) => io.stdout.write(print(set, features)));
  } finally {
    await models.close();
  }
}

async function runBatch(
  { batch, out, shard, set }: Arguments['values'],
  positionals: readonly string[],
  io: CommandIo,
): Promise<void> {
  if (out === undefined) throw new UsageError('--batch needs --out DIR');
  if (positionals.length > 0 || set !== undefined) throw new UsageError('--batch takes no FILE and no --set');
  const shardSize = Number(shard);
  if (!Number.isSafeInteger(shardSize) || shardSize < 1)
    throw new UsageError('--shard must be a whole number of at least 1');
  try {
    await measureManifest({ manifest: batch!, out, shardSize }, io);
  } catch (cause) {
    if (cause instanceof ManifestError) throw new UsageError(`${batch}: ${cause.message}`, { cause });
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw isMissing ? new UsageError(`cannot read ${batch}: no such file`, { cause }) : cause;
  }
}

async function eachUtterance(
  recording: Recording,
  models: Models,
  io: CommandIo,
  print: (features: UtteranceFeatures) => void,
): Promise<void> {
  const problems = new AnalysisAccount();
  const warn: Warn = (warning) => io.stderr.write(describeWarning(warning));
  await runAnalysis({
    frames: recordingFrames(recording, { speakers: defaultSpeakers(recording.channelCount) }),
    analysis: (onPending) => measureFeatures({ models, decodeImage, recorded: true, observer: problems, onPending }),
    onResult: (signalled) => {
      if (signalled.kind === 'features') print(signalled);
    },
    warn,
    signal: io.signal,
  });
  problems.close(warn);
}

/** Names and values of the audio sets; null where the utterance has none. */
function audioValues(set: 'mfcc' | 'egemaps', { tensors }: UtteranceFeatures): Record<string, number> | null {
  if (tensors.audio === null) return null;
  const [from, to] = set === 'mfcc' ? [0, MFCC_COUNT] : [MFCC_COUNT, AUDIO_FEATURE_NAMES.length];
  const values: Record<string, number> = {};
  for (let i = from; i < to; i++) values[AUDIO_FEATURE_NAMES[i]!] = tensors.audio[i]!;
  return values;
}

function toJson(set: FeatureSet, features: UtteranceFeatures): string {
  const { utterance, conditions, tensors } = features;
  const { participant, startMs, endMs } = utterance;
  const head = { participantId: participant.id, startMs, endMs, set };
  if (set !== 'faces')
    return `${printableJson(JSON.stringify({ ...head, ...conditions.audio, values: audioValues(set, features) }))}\n`;
  return `${printableJson(JSON.stringify({ ...head, ...conditions.video, faces: facesOf(tensors.video) }))}\n`;
}

function facesOf(groups: UtteranceFeatures['tensors']['video']): string[] {
  const faces = uniqueFaces(groups);
  return Array.from({ length: faces.length / FACE_BYTES }, (_, face) =>
    Buffer.from(faces.subarray(face * FACE_BYTES, (face + 1) * FACE_BYTES)).toString('base64'),
  );
}

function toTable(set: FeatureSet, features: UtteranceFeatures): string {
  const { utterance, conditions, tensors } = features;
  const name = printable(participantName(utterance.participant));
  const head = `${toClockTime(utterance.startMs)}–${toClockTime(utterance.endMs)}  ${name}`;
  if (set === 'faces') {
    return `${head}  ${tensors.video?.faceCount ?? 0} faces, ${conditions.video.state}, quality ${conditions.video.quality?.toFixed(2) ?? '–'}\n`;
  }
  const values = audioValues(set, features);
  if (values === null) return `${head}  no audible voice\n`;
  const rows = Object.entries(values).map(([feature, value]) => `  ${feature.padEnd(44)}${value.toPrecision(6)}\n`);
  return `${head}\n${rows.join('')}`;
}
