import type { TranscriptSourceName } from '../../../../client-sdk/protocol/index.ts';
import { speechLengthMs } from '../../transcripts/google.ts';
import { READERS } from '../../transcripts/readers.ts';
import type { ReadRecognized, RecognizedSegment } from '../../transcripts/recognized-segment.ts';
import type { ShapedTranscript } from './by-shape/shaped-transcript.ts';

/** Most messages that are tried to find out whose they are. */
const TRIED = 200;

/**
 * Reads the messages that a recogniser sent live, where a file holds them one after the other. Null: they are of no
 * recogniser that the server reads live.
 */
export function readLiveMessages(messages: readonly unknown[]): ShapedTranscript | null {
  for (const name of Object.keys(READERS) as TranscriptSourceName[]) {
    const tried = messages.slice(0, TRIED).flatMap(READERS[name]() as (message: unknown) => RecognizedSegment[] | null);
    const unread = tried.filter((segment) => segment === null).length;
    const isUsable = tried.some((segment) => segment?.final === true && segment.endMs !== null);
    if (isUsable && unread < tried.length / 2) return { segments: finalSegments(messages, READERS[name]()) };
  }
  return null;
}

/** A final segment that comes again replaces the earlier one. */
function finalSegments(messages: readonly unknown[], readMessage: ReadRecognized): RecognizedSegment[] {
  const segments: RecognizedSegment[] = [];
  const places = new Map<string, number>();
  let untilMs = 0;
  for (const read of messages.flatMap((message) => readMessage(message) ?? [])) {
    if (!read.final) continue;
    const segment = { ...read, startMs: read.startMs ?? startOf(read, untilMs) };
    untilMs = segment.endMs ?? untilMs;
    const key = `${segment.channel} ${segment.id ?? segment.startMs}`;
    const place = places.get(key);
    if (place !== undefined && segments[place]!.startMs === segment.startMs) {
      segments[place] = segment;
    } else {
      places.set(key, segments.length);
      segments.push(segment);
    }
  }
  return segments;
}

/** Google gives no starts: the words end at their end and follow the words before them. */
function startOf({ endMs, text, words }: RecognizedSegment, untilMs: number): number | null {
  return (
    words[0]?.startMs ?? (endMs === null ? null : Math.max(Math.min(untilMs, endMs), endMs - speechLengthMs(text)))
  );
}
