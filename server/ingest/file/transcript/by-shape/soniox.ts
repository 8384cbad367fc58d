import { listOf, numberOf, objectOf } from '../../../sockets/foreign-json.ts';
import { joinWords } from '../../../transcripts/join-words.ts';
import { wordsOfSoniox } from '../../../transcripts/soniox.ts';
import type { ReadShape } from './shaped-transcript.ts';

/** Reads Soniox' transcript of a recording: `{text, tokens}`: https://soniox.com/docs/stt/api-reference/transcriptions */
export const readSonioxFile: ReadShape = (value) => {
  const tokens = listOf(objectOf(value).tokens);
  return tokens.some((token) => numberOf(objectOf(token).start_ms) !== null)
    ? { segments: joinWords(wordsOfSoniox(tokens)) }
    : null;
};
