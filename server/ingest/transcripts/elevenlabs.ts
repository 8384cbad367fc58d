import { objectOf, textOf } from '../sockets/foreign-json.ts';
import { readWords } from './read-words.ts';
import type { ReadRecognized, RecognizedWord } from './recognized-segment.ts';
import { sameWords } from './same-words.ts';

const TRANSCRIPTS = new Set(['partial_transcript', 'committed_transcript', 'committed_transcript_with_timestamps']);

/**
 * Reads ElevenLabs' real-time messages: https://elevenlabs.io/docs/api-reference/speech-to-text/v-1-speech-to-text-realtime.
 * Committed words may come twice: without times, and then with them.
 */
export function elevenLabsReader(): ReadRecognized {
  let count = 0;
  /** The words of the last commit that had no times. */
  let untimed: string | null = null;
  return (value) => {
    const message = objectOf(value);
    const kind = textOf(message.message_type);
    if (kind === null || !/^[a-z_]+$/.test(kind)) return null;
    if (!TRANSCRIPTS.has(kind)) return [];
    const text = textOf(message.text, Number.POSITIVE_INFINITY)?.trim() ?? '';
    const words = wordsOfElevenLabs(message.words);
    const final = kind !== 'partial_transcript';
    const isAgain = kind === 'committed_transcript_with_timestamps' && untimed !== null && sameWords(untimed, text);
    const id = `commit-${isAgain ? count - 1 : count}`;
    if (final) untimed = kind === 'committed_transcript' ? text : null;
    if (final && !isAgain) count += 1;
    return [
      {
        id,
        channel: 0,
        startMs: words[0]?.startMs ?? null,
        endMs: words.at(-1)?.endMs ?? null,
        text,
        final,
        words,
        ...(kind === 'committed_transcript' && { revisable: true }),
      },
    ];
  };
}

/** The words of a list, which is the same live and for recordings. Spaces and sounds are entries of their own. */
export function wordsOfElevenLabs(words: unknown): RecognizedWord[] {
  const spokenOnly = Array.isArray(words) ? words.filter((word) => (objectOf(word).type ?? 'word') === 'word') : [];
  return readWords(spokenOnly, {
    text: ['text'],
    start: 'start',
    end: 'end',
    speaker: 'speaker_id',
    maxWords: 500_000,
  });
}
