import { randomUUID } from 'node:crypto';
import { access, constants, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { EmotionEvent } from '../../client-sdk/protocol/index.ts';
import { ModelError, type Models, openModels } from '../../models/index.ts';
import type { AnalysisWarning, Warn } from '../ingest/file/analysis-warning.ts';
import { joinLegs, type Leg } from '../ingest/file/legs.ts';
import { encodeListeningSound } from '../ingest/file/listening-sound.ts';
import type { AnalysisPlan } from '../ingest/file/placement/analysis-plan.ts';
import { toRecordingClock } from '../ingest/file/placement/container-clock.ts';
import { planAnalysis } from '../ingest/file/placement/plan-analysis.ts';
import { type RecordingSurvey, surveyRecording } from '../ingest/file/placement/survey-recording.ts';
import type { VoiceMasks } from '../ingest/file/placement/voices/tell-voices-apart.ts';
import { voicesOfRecording } from '../ingest/file/placement/voices/voices-of-recording.ts';
import { openRecording, type Recording } from '../ingest/file/recording.ts';
import { parseLegOffsets, parseSpeakers, parseTranscriptOffset } from '../ingest/file/speakers.ts';
import { readTranscript } from '../ingest/file/transcript/read-transcript.ts';
import type { TranscriptCue } from '../ingest/file/transcript-cue.ts';
import { parseOptions } from '../parse-options.ts';
import { printable, printableJson } from '../printable.ts';
import { renderHtmlReport } from '../report/html-report.ts';
import { analyzeRecording } from './analyze-recording.ts';
import { BUNDLE_DIRECTORY, type CommandIo } from './command.ts';
import { describeEvent } from './describe-event.ts';
import { describeWarning } from './describe-warning.ts';
import { outputProblem } from './output-error.ts';
import { createProgressLine } from './progress-line.ts';
import { OutputError, runCommand, UsageError } from './run-command.ts';
import { writeWholeFile } from './write-whole-file.ts';

const USAGE = `undertone analyze FILE... [options]

Analyzes a recording (wav, flac, mp3, ogg, mp4, webm) and prints one event per line. Several files are the
sides of one call, one speaker per file.

  --transcript FILE    the words: WebVTT, SubRip, or the JSON of a speech recogniser (Whisper, OpenAI,
                       Deepgram, AssemblyAI, AWS, Google, Azure, Rev.ai, Gladia, Speechmatics,
                       Soniox, Vosk, ElevenLabs), or [{startMs, endMs, text, speaker?}]
  --operating-point P  the model bundle's operating point (default: its first)
  --transcript-offset S  seconds that are added to the times of the words; 0 leaves them as
                       they are (default: estimated if they do not fit the voices)
  --speakers LIST      the speaker of each channel, in order: customer:Dana,agent:Sam
                       (with one name, all channels are mixed; with one channel, the
                       names are those that the transcript has)
  --tell-voices-apart  give the two speakers of a single channel without speaker labels a participant
                       each, by their voices; about one tenth of the time is given to the wrong one
  --offset LIST        when each file begins in the call, in seconds: 0,1.2
  --json               print JSON Lines; the default if standard output is no terminal
  --html OUT.html      write a self-contained report instead
  --no-audio           leave the sound out of the report
  --agent-emotions     show the emotions of agents in the report, too
  --help

With --json, the last line is {"type":"warnings","warnings":[...]}: what of the recording or its
transcript is missing or was corrected, each with code and message. The list may be empty. Warnings
also go to standard error.

Exit codes: 0 done, perhaps with warnings; 1 failed, or the output could not be written;
2 bad usage or unreadable input; 130 interrupted; 141 the reader of the output left.
`;

const MAX_FILES = 8;

/** `undertone analyze`: a recording in, events or a report out. */
export function run(argv: readonly string[], io: CommandIo): Promise<number> {
  return runCommand({ name: 'analyze', usage: USAGE, parse, run: analyze }, argv, io);
}

async function analyze({ values, positionals }: Arguments, io: CommandIo): Promise<void> {
  if (positionals.length === 0) throw new UsageError('give a FILE (see undertone analyze --help)');
  if (positionals.length > MAX_FILES) throw new UsageError(`give at most ${MAX_FILES} files, one per side of the call`);
  if (values.json && values.html !== undefined) throw new UsageError('--json and --html exclude each other');
  // Checked before the analysis, which may take minutes.
  if (values.html !== undefined && !(await isWritable(values.html))) {
    throw new UsageError(`cannot write ${values.html}: no such folder, or no permission`);
  }
  const warnings: AnalysisWarning[] = [];
  const warn: Warn = (warning) => {
    warnings.push(warning);
    io.stderr.write(describeWarning(warning));
  };
  const cues = values.transcript === undefined ? [] : await readTranscript(values.transcript, { warn });
  const named = values.speakers === undefined ? null : parseSpeakers(values.speakers);
  const isTellingApart = values['tell-voices-apart'];
  if (isTellingApart && named !== null && named.length !== 2) {
    throw new UsageError(
      '--tell-voices-apart finds two speakers; --speakers must name both, in the order in which they first speak, or be left out',
    );
  }
  const offsetMs = parseTranscriptOffset(values['transcript-offset']);
  const offsetsMs = parseLegOffsets(values.offset, positionals.length);
  const recording = await openLegs(positionals, offsetsMs, warn);
  try {
    const { durationMs } = recording;
    const transcript = toRecordingClock(cues, recording);
    const survey = await surveyLegs(positionals, offsetsMs, io.signal);
    const voicesApart = isTellingApart ? await tellApart(positionals, offsetsMs, survey, transcript, io, warn) : null;
    // Which of the two names a single voice has is not known.
    const isOneVoice =
      isTellingApart && voicesApart === null && survey.sameAs.every((same) => same === survey.sameAs[0]);
    const speakers = isOneVoice ? null : named;
    const plan = planAnalysis({ survey, durationMs, named: speakers, transcript, offsetMs, voicesApart }, warn);
    const models = await openBundle(values['operating-point'], io);
    try {
      await writeEvents(
        {
          title: positionals.map((path) => basename(path)).join(' + '),
          recording,
          plan,
          transcript,
          models,
          json: values.json,
          html: values.html,
          hasSound: !values['no-audio'],
          showsAgentEmotions: values['agent-emotions'],
          warnings,
        },
        io,
      );
    } finally {
      await models.close();
    }
  } finally {
    recording.close();
  }
}

/** Opens a recording, or several as the legs of one call. */
async function openLegs(paths: readonly string[], offsetsMs: readonly number[], warn: Warn): Promise<Recording> {
  if (paths.length === 1 && offsetsMs[0] === 0) return openRecording(paths[0]!, { warn });
  const legs: Leg[] = [];
  try {
    for (const [index, path] of paths.entries()) {
      legs.push({ recording: await openRecording(path, { warn }), offsetMs: offsetsMs[index]! });
    }
  } catch (error) {
    for (const { recording } of legs) recording.close();
    throw error;
  }
  return joinLegs(legs);
}

/** Listens to the sound before the analysis, which reads it again and tells what is damaged. */
async function surveyLegs(paths: readonly string[], offsetsMs: readonly number[], signal: AbortSignal) {
  const recording = await openLegs(paths, offsetsMs, () => {});
  try {
    return await surveyRecording(recording, signal);
  } finally {
    recording.close();
  }
}

/** Listens to the sound once more to tell two voices apart. */
async function tellApart(
  paths: readonly string[],
  offsetsMs: readonly number[],
  survey: RecordingSurvey,
  transcript: readonly TranscriptCue[],
  { signal, stderr }: CommandIo,
  warn: Warn,
): Promise<VoiceMasks | null> {
  stderr.write('telling the voices apart\n');
  const log = (line: string) => void stderr.write(`${line}\n`);
  return voicesOfRecording({ open: () => openLegs(paths, offsetsMs, () => {}), survey, transcript, signal, log }, warn);
}

async function openBundle(operatingPoint: string | undefined, io: CommandIo): Promise<Models> {
  try {
    return await openModels({
      bundleDirectory: BUNDLE_DIRECTORY,
      ...(operatingPoint !== undefined && { operatingPoint }),
      providers: ['cpu'],
      log: (message) => io.stderr.write(`${message}\n`),
    });
  } catch (error) {
    if (error instanceof ModelError && error.code === 'unknown-operating-point') {
      throw new UsageError(error.message, { cause: error });
    }
    throw error;
  }
}

interface Analysis {
  readonly title: string;
  readonly recording: Recording;
  readonly plan: AnalysisPlan;
  readonly transcript: readonly TranscriptCue[];
  readonly models: Models;
  readonly json: boolean;
  /** Where the report goes. Undefined: the events go to standard output. */
  readonly html: string | undefined;
  /** Whether the report holds the sound. */
  readonly hasSound: boolean;
  /** Whether the report shows the emotions of agents. */
  readonly showsAgentEmotions: boolean;
  /** What was noticed before the analysis. The analysis adds to it. */
  readonly warnings: AnalysisWarning[];
}

async function writeEvents(analysis: Analysis, io: CommandIo): Promise<void> {
  const { title, recording, plan, transcript, models, html, showsAgentEmotions, warnings } = analysis;
  const progress = createProgressLine(io.stderr, recording.durationMs);
  const asJson = analysis.json || !io.stdout.isTTY;
  const events: EmotionEvent[] = [];
  await analyzeRecording({
    recording,
    title,
    sessionId: randomUUID(),
    plan,
    transcript,
    models,
    signal: io.signal,
    onEvent: (event) => {
      if (html !== undefined) events.push(event);
      else if (asJson) io.stdout.write(`${printableJson(JSON.stringify(event))}\n`);
      else progress.above(() => io.stdout.write(describeEvent(event)));
    },
    onProgress: (mediaTimeMs) => progress.update(mediaTimeMs),
    warn: (warning) => {
      warnings.push(warning);
      progress.above(() => io.stderr.write(describeWarning(warning)));
    },
  });
  progress.done();
  if (html === undefined && asJson)
    io.stdout.write(`${printableJson(JSON.stringify({ type: 'warnings', warnings }))}\n`);
  if (html === undefined) return;
  const sound = analysis.hasSound ? await soundOf(analysis, io) : null;
  const { durationMs } = recording;
  const modelId = models.emotion.id;
  const source = { events, title, sourceFileName: title, durationMs, modelId, warnings, showsAgentEmotions, sound };
  await writeWholeFile(html, renderHtmlReport(source)).catch((cause: NodeJS.ErrnoException) => {
    throw new OutputError(`cannot write ${html}: ${outputProblem(cause) ?? cause.message}`, { cause });
  });
  io.stderr.write(`report written to ${printable(html)}\n`);
}

/** The sound for the report. Null, with a warning, if the recording does not give it a second time. */
async function soundOf({ recording, plan, warnings }: Analysis, io: CommandIo): Promise<Uint8Array | null> {
  // A recording on which the analysis waited in vain would be waited for again.
  if (warnings.some(({ code }) => code === 'no-progress')) return null;
  const progress = createProgressLine(io.stderr, recording.durationMs, 'adding the sound');
  try {
    const onProgress = (mediaTimeMs: number) => progress.update(mediaTimeMs);
    const sound = await encodeListeningSound({ recording, lanes: plan.lanes, signal: io.signal, onProgress });
    progress.done();
    return sound;
  } catch (cause) {
    io.signal.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const warning = { code: 'track-left-out', message: `the report has no sound: ${reason}` } as const;
    warnings.push(warning);
    progress.above(() => io.stderr.write(describeWarning(warning)));
    return null;
  }
}

async function isWritable(path: string): Promise<boolean> {
  const existing = await stat(path).catch(() => null);
  if (existing?.isDirectory()) return false;
  const target = existing === null ? dirname(path) : path;
  return access(target, constants.W_OK).then(
    () => true,
    () => false,
  );
}

type Arguments = ReturnType<typeof parse>;

function parse(argv: readonly string[]) {
  return parseOptions({
    args: [...argv],
    allowPositionals: true,
    options: {
      transcript: { type: 'string' },
      speakers: { type: 'string' },
      'transcript-offset': { type: 'string' },
      offset: { type: 'string' },
      'tell-voices-apart': { type: 'boolean', default: false },
      'operating-point': { type: 'string' },
      json: { type: 'boolean', default: false },
      html: { type: 'string' },
      'no-audio': { type: 'boolean', default: false },
      'agent-emotions': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}
