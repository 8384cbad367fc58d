import { type ForeignObject, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { readWords } from './read-words.ts';
import type { ReadRecognized, RecognizedSegment } from './recognized-segment.ts';
import { speakerLabel } from './speaker-label.ts';

const OTHER_TYPES = new Set([
  'Begin',
  'SpeechStarted',
  'SpeakerRevision',
  'Heartbeat',
  'Warning',
  'Error',
  'Termination',
  'SessionBegins',
  'SessionInformation',
  'SessionTerminated',
]);

/**
 * Reads AssemblyAI's streaming messages, version 3 (`Turn`) and the older version (`PartialTranscript`,
 * `FinalTranscript`): https://www.assemblyai.com/docs/streaming/message-sequence. Times are in ms. A finished turn may
 * come again with punctuation.
 */
export const readAssemblyAi: ReadRecognized = (value) => {
  const message = objectOf(value);
  const type = textOf(message.type) ?? textOf(message.message_type) ?? '';
  if (type === 'Turn') return [readTurn(message)];
  if (type === 'PartialTranscript' || type === 'FinalTranscript') return [readTranscript(message, type)];
  return OTHER_TYPES.has(type) ? [] : null;
};

function readTurn(turn: ForeignObject): RecognizedSegment {
  const words = readWords(turn.words, { text: ['text'], start: 'start', end: 'end', toMs: numberOf });
  const final = turn.end_of_turn === true;
  const transcript = textOf(turn.transcript, Number.POSITIVE_INFINITY) ?? '';
  return {
    id: `turn-${numberOf(turn.turn_order) ?? 0}`,
    channel: 0,
    startMs: words[0]?.startMs ?? null,
    endMs: words.at(-1)?.endMs ?? null,
    // Before the turn ends, its transcript omits the words that may still change.
    text: final ? transcript : words.map(({ text }) => text).join(' ') || transcript,
    final,
    words,
    speaker: speakerLabel(turn.speaker_label ?? turn.speaker),
    // The turn comes again with punctuation and numbers in digits.
    ...(final && turn.turn_is_formatted === false && { revisable: true }),
  };
}

function readTranscript(message: ForeignObject, type: string): RecognizedSegment {
  return {
    id: null,
    channel: 0,
    startMs: numberOf(message.audio_start),
    endMs: numberOf(message.audio_end),
    text: textOf(message.text, Number.POSITIVE_INFINITY) ?? '',
    final: type === 'FinalTranscript',
    words: readWords(message.words, { text: ['text'], start: 'start', end: 'end', toMs: numberOf }),
  };
}
