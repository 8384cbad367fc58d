import { MAX_ID_LENGTH, MAX_TRANSCRIPT_LENGTH, type TranscriptSourceName } from '../../../client-sdk/protocol/index.ts';
import type { TranscriptSegment } from '../../../pipeline/index.ts';
import { READERS } from './readers.ts';
import type { ReadRecognized, RecognizedSegment, RecognizedWord } from './recognized-segment.ts';

/** Words of one channel of a recogniser, in media time. */
export interface SourceSegment {
  /** Counted from 0. */
  readonly channel: number;
  readonly segment: Omit<TranscriptSegment, 'kind' | 'trackId'>;
}

/** Most segments that are taken per message. */
const MAX_SEGMENTS = 200;
/** How long a first interim result is assumed to last if the recogniser gives no start, in ms. */
const FIRST_GUESS_MS = 1000;
/** Pause between two words that ends a segment, in ms. It equals the silence that ends an utterance. */
const PAUSE_MS = 600;

/**
 * Turns the messages of one recogniser of one call into segments in media time. Interim words and the final words that
 * replace them have the same id. If the words have times, a segment lasts from its first word to its last. A final
 * segment with a pause is split there, so that each utterance gets its own words.
 */
export class TranscriptSource {
  readonly #read: ReadRecognized;
  /** End of the last final segment per channel, in the recogniser's time. */
  readonly #finalUntilMs = new Map<number, number>();
  /** Earliest start of the current interim segment, per channel whose recogniser gives no starts. */
  readonly #guessedFromMs = new Map<number, number>();

  /** @param source - the recogniser's name, or the reader of its messages if publishers cannot name it. */
  constructor(source: TranscriptSourceName | ReadRecognized) {
    this.#read = typeof source === 'string' ? READERS[source]() : source;
  }

  /**
   * @param offsetMs - added to the recogniser's times. It is the start of the recogniser's clock, or its error.
   * @returns null if the message is not one of this recogniser.
   */
  take(message: unknown, offsetMs: number): SourceSegment[] | null {
    return (
      this.#read(message)
        ?.slice(0, MAX_SEGMENTS)
        .flatMap((segment) => this.#place(segment, offsetMs)) ?? null
    );
  }

  #place(recognized: RecognizedSegment, offsetMs: number): SourceSegment[] {
    const { channel, text, final, words } = recognized;
    const beginMs = recognized.startMs ?? this.#finalUntilMs.get(channel) ?? 0;
    const id = (recognized.id ?? `at-${Math.round(beginMs)}`).slice(0, MAX_ID_LENGTH - 4);
    const endMs = Math.max(recognized.endMs ?? words.at(-1)?.endMs ?? beginMs, beginMs);
    if (recognized.startMs === null && !final && !this.#guessedFromMs.has(channel) && Number.isFinite(endMs)) {
      // There was silence between the last final words and these.
      this.#guessedFromMs.set(channel, Math.max(beginMs, endMs - FIRST_GUESS_MS));
    }
    const startMs = recognized.startMs ?? this.#guessedFromMs.get(channel) ?? beginMs;
    // The sum of two finite times may be infinite. Later segments must not be placed by such a time.
    if (!Number.isFinite(startMs) || !Number.isFinite(endMs)) return [];
    if (final) {
      this.#finalUntilMs.set(channel, endMs);
      this.#guessedFromMs.delete(channel);
    }
    if (text.trim() === '') return [];
    const parts = final ? splitAtPauses(words) : [words];
    return parts.map((part, index) => ({
      channel,
      segment: {
        segmentId: index === 0 ? id : `${id}.${index}`,
        startMs: Math.max(0, (part[0]?.startMs ?? startMs) + offsetMs),
        endMs: (part.at(-1)?.endMs ?? endMs) + offsetMs,
        text: (parts.length === 1 ? text : part.map((word) => word.text).join(' ')).slice(0, MAX_TRANSCRIPT_LENGTH),
        final,
      },
    }));
  }
}

/** Splits the words at pauses. Without words, the result is one part without words. */
function splitAtPauses(words: readonly RecognizedWord[]): RecognizedWord[][] {
  const parts: RecognizedWord[][] = [[]];
  for (const word of words) {
    const before = parts.at(-1)!.at(-1);
    if (before !== undefined && word.startMs - before.endMs > PAUSE_MS) parts.push([]);
    parts.at(-1)!.push(word);
  }
  return parts.slice(0, 100);
}
