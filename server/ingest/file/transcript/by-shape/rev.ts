import { listOf, numberOf, objectOf, textOf } from '../../../sockets/foreign-json.ts';
import { joinWords, type Token, wordsOfTokens } from '../../../transcripts/join-words.ts';
import { secondsToMs, withTimes } from '../../../transcripts/read-words.ts';
import { speakerLabel } from '../../../transcripts/speaker-label.ts';
import { MAX_FILE_WORDS, type ReadShape } from './shaped-transcript.ts';

/** Reads Rev.ai's transcript: `{monologues: [{speaker, elements}]}`: https://docs.rev.ai/api/asynchronous/transcripts/ */
export const readRevFile: ReadShape = (value) => {
  const { monologues } = objectOf(value);
  if (!Array.isArray(monologues)) return null;
  let last = 0;
  const segments = monologues
    .map(objectOf)
    .flatMap(({ speaker, elements, speaker_info: info, channel_id: channelId }) => {
      const channel = numberOf(channelId) ?? 0;
      last = Math.max(last, channel);
      const label = speakerLabel(objectOf(info).display_name) ?? speakerLabel(speaker);
      const tokens: Token[] = [];
      for (const element of listOf(elements).slice(0, MAX_FILE_WORDS).map(objectOf)) {
        const text = textOf(element.value, Number.POSITIVE_INFINITY)?.trim() ?? '';
        if (text === '' || text === '<unk>') continue;
        tokens.push({
          text,
          startMs: secondsToMs(element.ts),
          endMs: secondsToMs(element.end_ts),
          ...(label !== null && { speaker: label }),
          attached: element.type === 'punct' && !/^[-–—]$/.test(text),
        });
      }
      return joinWords(withTimes(wordsOfTokens(tokens)), channel);
    });
  return { segments, ...(last > 0 && { channelCount: last + 1 }) };
};
