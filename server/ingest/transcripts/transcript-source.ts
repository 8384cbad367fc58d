import { MAX_ID_LENGTH, MAX_TRANSCRIPT_LENGTH, type TranscriptSourceName } from '../../../client-sdk/protocol/index.ts';
import type { TranscriptSegment } from '../../../pipeline/index.ts';
import { readAssemblyAi } from './assemblyai.ts';
import { readAws } from './aws.ts';
import { readAzure } from './azure.ts';
import { readDeepgram } from './deepgram.ts';
import { readGladia } from './gladia.ts';
import { readGoogle } from './google.ts';
import type { ReadRecognized, RecognizedSegment, RecognizedWord } from './recognized-segment.ts';
import { readWhisper } from './whisper.ts';

/** Every recogniser whose messages are read. */
const READERS: Readonly<Record<TranscriptSourceName, ReadRecognized>> = {
  assemblyai: readAssemblyAi,
  aws: readAws,
  azure: readAzure,
  deepgram: readDeepgram,
  gladia: readGladia,
  google: readGoogle,
  whisper: readWhisper,
};

/** Words of one channel of a recogniser, in media time. */
export interface SourceSegment {
  /** Counted from 0. */
  readonly channel: number;
  readonly segment: Omit<TranscriptSegment, 'kind' | 'trackId'>;
}

/** Most segments that are taken of one message. */
const MAX_SEGMENTS = 200;
/** How long before a recogniser's first guess ends its words may have begun, where it does not tell. */
const FIRST_GUESS_MS = 1000;
/** A pause between two words that ends a segment: as long as a silence that ends an utterance. */
const PAUSE_MS = 600;

/**
 * One recogniser of one call: turns its messages into segments in media time. A guess and the final words that replace
 * it have the same id. Where the words have times, a segment lasts from its first word to its last, and one that goes
 * on after a pause becomes several, so that each utterance gets its own words.
 */
export class TranscriptSource {
  readonly #read: ReadRecognized;
  /** Where the last final segment of each channel ended, in the recogniser's time. */
  readonly #finalUntilMs = new Map<number, number>();
  /** Earliest start of the segment that is being guessed, of each channel whose recogniser tells no starts. */
  readonly #guessedFromMs = new Map<number, number>();

  /** @param source - by name, or how its messages are read where no publisher may name it. */
  constructor(source: TranscriptSourceName | ReadRecognized) {
    this.#read = typeof source === 'string' ? READERS[source] : source;
  }

  /**
   * @param offsetMs - added to the recogniser's times: when its clock began, or by how much it is wrong.
   * @returns null where the message is not one of this recogniser.
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
      // Silence lies between the last final words and these.
      this.#guessedFromMs.set(channel, Math.max(beginMs, endMs - FIRST_GUESS_MS));
    }
    const startMs = recognized.startMs ?? this.#guessedFromMs.get(channel) ?? beginMs;
    // Two times that are numbers may add up to none: what follows must not be counted from there.
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

/** The words between pauses; one part without words where there are none. */
function splitAtPauses(words: readonly RecognizedWord[]): RecognizedWord[][] {
  const parts: RecognizedWord[][] = [[]];
  for (const word of words) {
    const before = parts.at(-1)!.at(-1);
    if (before !== undefined && word.startMs - before.endMs > PAUSE_MS) parts.push([]);
    parts.at(-1)!.push(word);
  }
  return parts.slice(0, 100);
}
