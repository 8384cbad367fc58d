import { randomUUID } from 'node:crypto';
import { access, constants, stat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { EmotionEvent } from '../../client-sdk/protocol/index.ts';
import { ModelError, openModels } from '../../models/index.ts';
import { openRecording } from '../ingest/file/recording.ts';
import { RecordingError } from '../ingest/file/recording-error.ts';
import { defaultSpeakers, parseSpeakers } from '../ingest/file/speakers.ts';
import { parseOptions } from '../parse-options.ts';
import { printable, printableJson } from '../printable.ts';
import { renderHtmlReport } from '../report/html-report.ts';
import { analyzeRecording, readTranscript } from './analyze-recording.ts';
import { BUNDLE_DIRECTORY, type CommandIo } from './command.ts';
import { describeEvent } from './describe-event.ts';
import { createProgressLine } from './progress-line.ts';

const USAGE = `undertone analyze FILE [options]

Analyzes a recording (wav, flac, mp3, ogg, mp4, webm) and prints one event a line.

  --transcript FILE    its words: .vtt, .srt, or .json ([{startMs, endMs, text, speaker?}])
  --operating-point P  the model bundle's operating point (default: its first)
  --speakers LIST      who is on which channel, first to last: customer:Dana,agent:Sam
                       (one name alone: all channels are mixed)
  --json               JSON Lines on standard output; the default when that is no terminal
  --html OUT.html      write a self-contained report instead
  --help

Exit codes: 0 done, 2 bad usage or unreadable input.
`;

/** `undertone analyze`: turns a recording into events or a report. */
export async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const usageError = (message: string): number => {
    io.stderr.write(`undertone analyze: ${printable(message)}\n`);
    return 2;
  };

  let args: ReturnType<typeof parse>;
  try {
    args = parse(argv);
  } catch (error) {
    return usageError(`${(error as Error).message} (see undertone analyze --help)`);
  }
  const { values, positionals } = args;
  if (values.help) {
    io.stdout.write(USAGE);
    return 0;
  }
  const [path] = positionals;
  const point = values['operating-point'];
  if (path === undefined || positionals.length > 1)
    return usageError('give exactly one FILE (see undertone analyze --help)');
  if (values.json && values.html !== undefined) return usageError('--json and --html exclude each other');
  // Check this before the analysis, which may take minutes.
  if (values.html !== undefined && !(await isWritable(values.html))) {
    return usageError(`cannot write ${values.html}: no such folder, or no permission`);
  }

  try {
    const transcript = values.transcript === undefined ? [] : await readTranscript(values.transcript);
    const named = values.speakers === undefined ? null : parseSpeakers(values.speakers);
    const recording = await openRecording(path);
    try {
      const speakers = named ?? defaultSpeakers(recording.channelCount);
      if (speakers.length > 1 && speakers.length !== recording.channelCount) {
        throw RecordingError.speakers(
          `${path} has ${recording.channelCount} channels, but --speakers names ${speakers.length}`,
        );
      }
      const models = await openModels({
        bundleDirectory: BUNDLE_DIRECTORY,
        ...(point !== undefined && { operatingPoint: point }),
        providers: ['cpu'],
        log: (message) => io.stderr.write(`${message}\n`),
      });
      const progress = createProgressLine(io.stderr, recording.durationMs);
      const events: EmotionEvent[] = [];
      const asJson = values.json || !io.stdout.isTTY;
      try {
        await analyzeRecording({
          recording,
          title: basename(path),
          sessionId: randomUUID(),
          speakers,
          transcript,
          models,
          signal: io.signal,
          onEvent: (event) => {
            if (values.html !== undefined) events.push(event);
            else if (asJson) io.stdout.write(`${printableJson(JSON.stringify(event))}\n`);
            else progress.above(() => io.stdout.write(describeEvent(event)));
          },
          onProgress: (mediaTimeMs) => progress.update(mediaTimeMs),
        });
        progress.done();
        if (values.html !== undefined) {
          const { durationMs } = recording;
          const report = renderHtmlReport({
            events,
            title: basename(path),
            sourceFileName: basename(path),
            durationMs,
            modelId: models.emotion.id,
          });
          await writeFile(values.html, await report);
          io.stderr.write(`report written to ${printable(values.html)}\n`);
        }
        return 0;
      } finally {
        await models.close();
      }
    } finally {
      recording.close();
    }
  } catch (error) {
    if (io.signal.aborted) return 130;
    if (error instanceof RecordingError) return usageError(error.message);
    if (error instanceof ModelError && error.code === 'unknown-operating-point') return usageError(error.message);
    throw error;
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

function parse(argv: readonly string[]) {
  return parseOptions({
    args: [...argv],
    allowPositionals: true,
    options: {
      transcript: { type: 'string' },
      speakers: { type: 'string' },
      'operating-point': { type: 'string' },
      json: { type: 'boolean', default: false },
      html: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}
