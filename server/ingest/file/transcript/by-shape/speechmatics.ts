import { listOf, objectOf, textOf } from '../../../sockets/foreign-json.ts';
import { joinWords } from '../../../transcripts/join-words.ts';
import { wordsOfSpeechmatics } from '../../../transcripts/speechmatics.ts';
import type { ReadShape } from './shaped-transcript.ts';

/** Reads Speechmatics' `json-v2`: https://docs.speechmatics.com/speech-to-text/batch/output */
export const readSpeechmaticsFile: ReadShape = (value) => {
  const { results } = objectOf(value);
  const isResult = (item: unknown) => {
    const { type, alternatives } = objectOf(item);
    return typeof type === 'string' && 'content' in objectOf(listOf(alternatives)[0]);
  };
  if (!Array.isArray(results) || !results.some(isResult)) return null;
  // Channels have names. They are counted in the order in which they come.
  const byChannel = Map.groupBy(results, (item) => textOf(objectOf(item).channel));
  const segments = [...byChannel.values()].flatMap((items, channel) => joinWords(wordsOfSpeechmatics(items), channel));
  return { segments, ...(byChannel.size > 1 && { channelCount: byChannel.size }) };
};
