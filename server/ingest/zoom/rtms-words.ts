import { type ForeignObject, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import type { ReadRecognized } from '../transcripts/recognized-segment.ts';

/** Zoom's transcript of one participant: https://developers.zoom.us/docs/rtms/event-reference/#transcript-data */
export const readRtmsWords: ReadRecognized = (value) => {
  const message = objectOf(value);
  if (message.msg_type !== 17) return null;
  const { data, start_time: start, end_time: end, timestamp } = objectOf(message.content);
  // The message's time is the start of the sentence.
  const startMs = positive(start) ?? positive(timestamp);
  return [
    {
      id: null,
      channel: 0,
      startMs,
      endMs: positive(end) ?? startMs,
      text: textOf(data, Number.POSITIVE_INFINITY)?.trim() ?? '',
      final: true,
      words: [],
    },
  ];
};

function positive(value: unknown): number | null {
  const number = numberOf(value);
  return number !== null && number > 0 ? number : null;
}

/** A transcript message without a time, with a time. */
export function timedRtmsWords(message: ForeignObject, timestamp: number): ForeignObject {
  return { ...message, content: { ...objectOf(message.content), timestamp } };
}
