import { RecordingError } from '../../../server/ingest/file/recording-error.ts';
import { decodeText } from '../../../server/ingest/file/transcript/decode-text.ts';
import { parseTranscript } from '../../../server/ingest/file/transcript/parse-transcript.ts';
import { seededRandom } from '../e2e/seeded-random.ts';
import { TRANSCRIPT_FILES } from '../transcript-files.ts';
import { mutateBytes, mutateJson } from './mutate.ts';

const TIMED_TEXT = [
  'WEBVTT - a call\n\nNOTE by hand\n\nSTYLE\n::cue {}\n\nfirst\n00:01.500 --> 00:02.750 align:start\n<v.loud Dana>Well, <i>that</i>\nis new &amp; &#x41;</v>\n<v Sam>Oh.',
  'WEBVTT\n\n1\n00:00:00.500 --> 00:00:03.500\nSam: I want my money back.\n\n2\n00:00:04.500 --> 00:00:07.500\nDana: Good.\n',
  '1\n00:00:01,000 --> 00:00:02,500\n[Sam] Hello\nthere.\n2\n00:00:03,000 --> 00:00:04,000\n>> DANA: {\\an8}<b>Bye</b>.',
  'WEBVTT\n\n00:00:16.246 --> 00:00:17.726\n{"speakerName":"Dana","spokenText":"Good morning."}',
];
const PIECES = [
  '-->',
  ' --> ',
  '\n\n',
  '\r',
  '<v ',
  '<',
  '>',
  '&',
  '&#',
  ';',
  'NOTE',
  '00:00:01.000 --> 00:00:02.000\n',
  ':',
  '[',
  ']',
  '{',
  '}',
  '"',
  '\\',
  '\u0000',
  '\ufeff',
  'WEBVTT',
  '9'.repeat(30),
  'x: ',
  ',',
  'NaN',
];

/**
 * Reads `count` broken transcripts. Each gives usable cues or an error of one line.
 *
 * @throws Error with the input that did something else.
 */
export function fuzzTranscripts(count: number, seed: number): { read: number; refused: number } {
  const random = seededRandom(seed);
  const result = { read: 0, refused: 0 };
  for (let round = 0; round < count; round += 1) {
    const bytes = brokenTranscript(random);
    try {
      check(parseTranscript(decodeText(bytes), { path: 'x', warn: ({ message }) => oneLine(message) }));
      result.read += 1;
    } catch (error) {
      if (!(error instanceof RecordingError)) {
        throw new Error(`input ${round}: ${bytes.toString('base64').slice(0, 4000)}`, { cause: error });
      }
      oneLine(error.message);
      result.refused += 1;
    }
  }
  return result;
}

function brokenTranscript(random: () => number): Buffer {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  if (random() < 0.6) {
    const [, file] = pick(TRANSCRIPT_FILES);
    const value = typeof file === 'string' ? file : JSON.stringify(mutateJson(file, random, random() * 0.3));
    const bytes = Buffer.from(value ?? 'null');
    return random() < 0.2 ? mutateBytes(bytes, random) : bytes;
  }
  let text = pick(TIMED_TEXT);
  for (let change = Math.floor(random() * 6); change > 0; change -= 1) {
    const at = Math.floor(random() * text.length);
    const until = at + Math.floor(random() * 12);
    text = text.slice(0, at) + (random() < 0.7 ? pick(PIECES) : '') + text.slice(random() < 0.5 ? at : until);
  }
  const bytes = Buffer.from(text, random() < 0.1 ? 'utf16le' : random() < 0.1 ? 'latin1' : 'utf8');
  return random() < 0.3 ? mutateBytes(bytes, random) : bytes;
}

function check(cues: ReturnType<typeof parseTranscript>): void {
  for (const { startMs, endMs, text, speaker, channel = 0, words = [] } of cues) {
    const isRange = Number.isFinite(startMs) && Number.isFinite(endMs) && startMs >= 0 && endMs >= startMs;
    const isText = text.trim() !== '' && text.length <= 3000 && (speaker === null || speaker.trim() !== '');
    const isChannel = Number.isInteger(channel) && channel >= 0 && channel < 64;
    const areWords = words.every((word) => Number.isFinite(word.startMs) && Number.isFinite(word.endMs));
    if (!isRange || !isText || !isChannel || !areWords) throw new Error('a cue is not usable');
  }
}

function oneLine(message: string): void {
  if (message.includes('\n') || message.length > 1000) throw new Error('a message is not one line');
}

// Run as a command: node test/support/fuzz/fuzz-transcripts.ts [count] [seed]
if (import.meta.main) {
  const [count = '100000', seed = '1'] = process.argv.slice(2);
  console.log(fuzzTranscripts(Number(count), Number(seed)));
}
