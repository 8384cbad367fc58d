import { listOf, numberOf, objectOf } from '../../../sockets/foreign-json.ts';
import { wordsOfElevenLabs } from '../../../transcripts/elevenlabs.ts';
import { joinWords } from '../../../transcripts/join-words.ts';
import type { ReadShape } from './shaped-transcript.ts';

/** Reads ElevenLabs' transcript: https://elevenlabs.io/docs/api-reference/speech-to-text/convert */
export const readElevenLabsFile: ReadShape = (value) => {
  const { words, transcripts } = objectOf(value);
  const files = Array.isArray(transcripts) ? transcripts.map(objectOf) : [objectOf(value)];
  const isWord = (item: unknown) => 'type' in objectOf(item) && 'text' in objectOf(item);
  if (!files.some((file) => listOf(file.words).some(isWord)) || (Array.isArray(transcripts) && Array.isArray(words)))
    return null;
  const segments = files.flatMap((file, index) => {
    const channel = numberOf(file.channel_index) ?? index;
    return joinWords(wordsOfElevenLabs(file.words), channel);
  });
  return { segments, ...(files.length > 1 && { channelCount: files.length }) };
};
