import { readRecallWordList } from '../../../recall/recall-words.ts';
import { listOf, objectOf } from '../../../sockets/foreign-json.ts';
import { joinWords } from '../../../transcripts/join-words.ts';
import { speakerLabel } from '../../../transcripts/speaker-label.ts';
import type { ReadShape } from './shaped-transcript.ts';

/** Reads Recall.ai's transcript: a list of `{participant, words}`, or of `{speaker, words}` in the older version. */
export const readRecallFile: ReadShape = (value) => {
  const items = listOf(value).map(objectOf);
  const isTurn = (words: unknown) => 'start_timestamp' in objectOf(listOf(words)[0]);
  if (!items.some(({ words }) => isTurn(words))) return null;
  return {
    segments: items.flatMap(({ participant, speaker, words }) => {
      const { name, id } = objectOf(participant);
      const label = speakerLabel(name) ?? speakerLabel(speaker) ?? speakerLabel(id);
      return joinWords(
        readRecallWordList(words).map((word) => ({ ...word, ...(label !== null && { speaker: label }) })),
      );
    }),
  };
};
