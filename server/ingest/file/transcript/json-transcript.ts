import { objectOf } from '../../sockets/foreign-json.ts';
import type { Warn } from '../analysis-warning.ts';
import { RecordingError } from '../recording-error.ts';
import type { TranscriptCue } from '../transcript-cue.ts';
import { readAssemblyAiFile } from './by-shape/assemblyai.ts';
import { readAwsFile } from './by-shape/aws.ts';
import { readAzureFile } from './by-shape/azure.ts';
import { readDeepgramFile } from './by-shape/deepgram.ts';
import { readElevenLabsFile } from './by-shape/elevenlabs.ts';
import { readGladiaFile } from './by-shape/gladia.ts';
import { readGoogleFile } from './by-shape/google.ts';
import { readOwnCues, readOwnEvents } from './by-shape/own.ts';
import { readRecallFile } from './by-shape/recall.ts';
import { readRevFile } from './by-shape/rev.ts';
import type { ReadShape } from './by-shape/shaped-transcript.ts';
import { readSonioxFile } from './by-shape/soniox.ts';
import { readSpeechmaticsFile } from './by-shape/speechmatics.ts';
import { readVoskFile } from './by-shape/vosk.ts';
import { readWhisperChunks, readWhisperCpp, readWhisperFile, readWhisperList } from './by-shape/whisper.ts';
import { describeShape, holdsText } from './describe-shape.ts';
import { jsonValues } from './json-values.ts';
import { readLiveMessages } from './live-messages.ts';
import { cuesOfSegments } from './segment-cues.ts';
import { SkippedCues } from './skipped-cues.ts';
import { UNDERSTOOD } from './understood.ts';

/** The shapes in the order in which they are tried. No two of them take the same file. */
const SHAPES: readonly ReadShape[] = [
  readOwnCues,
  readOwnEvents,
  readWhisperCpp,
  readWhisperFile,
  readWhisperList,
  readWhisperChunks,
  readDeepgramFile,
  readElevenLabsFile,
  readAssemblyAiFile,
  readAwsFile,
  readGoogleFile,
  readSpeechmaticsFile,
  readAzureFile,
  readRevFile,
  readGladiaFile,
  readSonioxFile,
  readRecallFile,
  readVoskFile,
];

const UNTIMED = 'it has words without times; ask the recogniser for timestamps';

/**
 * Reads a transcript in JSON, or in several JSON values that follow each other, by its shape.
 *
 * @throws RecordingError `transcript-unreadable`
 */
export function readJsonTranscript(source: string, path: string, warn: Warn): TranscriptCue[] {
  const values = valuesOf(source, path);
  const value = values.length === 1 ? values[0] : values;
  const read = shapeOf(value);
  if (read === null && typeof objectOf(value).text === 'string') throw RecordingError.transcript(path, UNTIMED);
  if (read === null) throw RecordingError.transcript(path, `${describeShape(value)}; understood are ${UNDERSTOOD}`);
  const skipped = new SkippedCues(warn);
  const cues = cuesOfSegments(read, skipped);
  skipped.finish();
  if (cues.length === 0 && skipped.count > 0)
    throw RecordingError.transcript(path, `none of its ${skipped.count} segments has a start and an end`);
  if (cues.length === 0 && holdsText(value)) throw RecordingError.transcript(path, UNTIMED);
  return cues;
}

function shapeOf(value: unknown) {
  for (const readShape of SHAPES) {
    const read = readShape(value);
    if (read !== null) return read;
  }
  return readLiveMessages(Array.isArray(value) ? value : [value]);
}

function valuesOf(source: string, path: string): unknown[] {
  try {
    return jsonValues(source);
  } catch (cause) {
    const last = source.trimEnd().at(-1);
    const isCut = last !== '}' && last !== ']';
    throw RecordingError.transcript(path, isCut ? 'its JSON ends in the middle' : 'it is not JSON', cause);
  }
}
