import { listOf, numberOf, objectOf, textOf } from '../../../sockets/foreign-json.ts';
import { readWords } from '../../../transcripts/read-words.ts';
import type { RecognizedSegment } from '../../../transcripts/recognized-segment.ts';
import { speakerLabel } from '../../../transcripts/speaker-label.ts';
import type { ReadShape } from './shaped-transcript.ts';

/** Reads a list of `{startMs, endMs, text, speaker?, channel?, words?}`. */
export const readOwnCues: ReadShape = (value) => {
  const items = listOf(value).map(objectOf);
  if (!items.some(({ startMs, text }) => startMs !== undefined && text !== undefined)) return null;
  return {
    segments: items.map((item) => ({
      id: null,
      channel: numberOf(item.channel) ?? 0,
      startMs: numberOf(item.startMs),
      endMs: numberOf(item.endMs),
      text: textOf(item.text, Number.POSITIVE_INFINITY) ?? '',
      final: true,
      words: readWords(item.words, { text: ['text', 'word'], start: 'startMs', end: 'endMs', toMs: numberOf }),
      speaker: speakerLabel(item.speaker),
    })),
  };
};

/** Reads the events of `undertone analyze --json`, or of a session's event log: the last words of each utterance. */
export const readOwnEvents: ReadShape = (value) => {
  const { events = value } = objectOf(value);
  const items = listOf(events).map(objectOf);
  if (!items.some(({ type, sequence }) => type === 'session.started' || (type === 'utterance.emotion' && sequence)))
    return null;
  const last = new Map<string, RecognizedSegment>();
  for (const { type, utteranceId, startMs, endMs, participant, transcript } of items) {
    const text = textOf(objectOf(transcript).text, Number.POSITIVE_INFINITY);
    if (typeof utteranceId !== 'string' || text === null || typeof type !== 'string') continue;
    const { id, displayName } = objectOf(participant);
    last.set(utteranceId, {
      id: null,
      channel: 0,
      startMs: numberOf(startMs),
      endMs: numberOf(endMs),
      text,
      final: true,
      words: [],
      speaker: speakerLabel(displayName) ?? speakerLabel(id),
    });
  }
  return { segments: [...last.values()] };
};
