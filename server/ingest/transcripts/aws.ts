import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { readWords, secondsToMs } from './read-words.ts';
import type { ReadRecognized, RecognizedSegment } from './recognized-segment.ts';

const CHANNELS_OF_ROLES: ReadonlyMap<unknown, number> = new Map([
  ['CUSTOMER', 0],
  ['AGENT', 1],
]);

/**
 * Reads Amazon Transcribe streaming (`TranscriptEvent`) and Call Analytics (`UtteranceEvent`), bare or under the
 * event's name: https://docs.aws.amazon.com/transcribe/latest/APIReference/API_streaming_Result.html. Call Analytics
 * names a channel by its role: the customer is channel 0, the agent channel 1.
 */
export const readAws: ReadRecognized = (value) => {
  const envelope = objectOf(value);
  const message = objectOf(envelope.TranscriptResultStream ?? envelope.CallAnalyticsTranscriptResultStream ?? envelope);
  const utterance = objectOf(message.UtteranceEvent ?? message);
  if (typeof utterance.UtteranceId === 'string') return [readUtterance(utterance)];
  const { Transcript: transcript } = objectOf(message.TranscriptEvent ?? message);
  const { Results: results } = objectOf(transcript);
  if (Array.isArray(results)) return results.map((result) => readResult(objectOf(result)));
  return 'CategoryEvent' in message || 'ConfigurationEvent' in message ? [] : null;
};

function readResult(result: ForeignObject): RecognizedSegment {
  const best = objectOf(listOf(result.Alternatives)[0]);
  return {
    id: textOf(result.ResultId, 64),
    channel: numberOf(/^ch_(\d{1,2})$/.exec(textOf(result.ChannelId) ?? '')?.[1]) ?? 0,
    startMs: secondsToMs(result.StartTime),
    endMs: secondsToMs(result.EndTime),
    text: textOf(best.Transcript, Number.POSITIVE_INFINITY) ?? '',
    final: result.IsPartial === false,
    words: readWords(withPunctuation(best.Items), {
      text: ['Content'],
      start: 'StartTime',
      end: 'EndTime',
      // On a channel of its own, a speaker is known already.
      speaker: textOf(result.ChannelId) === null ? 'Speaker' : [],
    }),
  };
}

function readUtterance(utterance: ForeignObject): RecognizedSegment {
  const times = { start: 'BeginOffsetMillis', end: 'EndOffsetMillis', toMs: numberOf };
  return {
    id: textOf(utterance.UtteranceId, 64),
    channel: CHANNELS_OF_ROLES.get(utterance.ParticipantRole) ?? 0,
    startMs: numberOf(utterance.BeginOffsetMillis),
    endMs: numberOf(utterance.EndOffsetMillis),
    text: textOf(utterance.Transcript, Number.POSITIVE_INFINITY) ?? '',
    final: utterance.IsPartial === false,
    words: readWords(withPunctuation(utterance.Items), { text: ['Content'], ...times }),
  };
}

/** Punctuation comes as a separate item. It belongs to the word before it. */
export function withPunctuation(value: unknown): ForeignObject[] {
  const items: ForeignObject[] = [];
  for (const item of listOf(value).map(objectOf)) {
    const type = textOf(item.Type) ?? textOf(item.ItemType);
    const before = items.at(-1);
    if (type !== 'punctuation') items.push(item);
    else if (before !== undefined) {
      const content = `${textOf(before.Content) ?? ''}${textOf(item.Content) ?? ''}`;
      items[items.length - 1] = { ...before, Content: content };
    }
  }
  return items;
}
