import { MAX_ID_LENGTH, MAX_TRANSCRIPT_LENGTH, type TranscriptSourceName } from '../../../client-sdk/protocol/index.ts';
import type { TimedWord, TranscriptSegment } from '../../../pipeline/index.ts';
import { objectOf } from '../sockets/foreign-json.ts';
import { speechLengthMs } from './google.ts';
import { spoken } from './join-words.ts';
import { READERS } from './readers.ts';
import type { ReadRecognized, RecognizedSegment, RecognizedWord } from './recognized-segment.ts';
import { RecognizerEpoch } from './recognizer-epoch.ts';

/** Words of one channel of a recogniser, in media time. */
export interface SourceSegment {
  /** Counted from 0. */
  readonly channel: number;
  /** The recogniser's label of who spoke. Absent: it gives none. */
  readonly speaker?: string;
  readonly segment: Omit<TranscriptSegment, 'kind' | 'trackId'>;
}

/** Most segments that are taken per message. */
const MAX_SEGMENTS = 200;
/** How long a first interim result is assumed to last if the recogniser gives no start, in ms. */
const FIRST_GUESS_MS = 1000;
/** Words without any time last at least this long, in ms. */
const MIN_UNTIMED_MS = 500;
/** Pause between two words that ends a segment, in ms. It equals the silence that ends an utterance. */
const PAUSE_MS = 600;
/** Offsets that differ by more than this are of different pieces or sessions, in ms. Corrections of a clock are smaller. */
const SAME_OFFSET_MS = 200;
/** A recogniser without starts whose time goes back by more than this began again, in ms. */
const BACKWARD_MS = 500;
/** Epochs that may go on. */
const MAX_EPOCHS = 8;
/** Most parts of a segment. The last one holds all words that are left. */
const MAX_PARTS = 100;
/** Room that the number of a part, and a dot, need in an id. */
const PART_LENGTH = 4;

/** The messages with which recognisers begin a session, by the field that names their kind. */
const SESSION_STARTS: ReadonlyMap<string, ReadonlySet<unknown>> = new Map([
  ['type', new Set(['Begin', 'Connected', 'session.created', 'transcription_session.created'])],
  ['message_type', new Set(['SessionBegins', 'session_started'])],
  ['message', new Set(['RecognitionStarted', 'SERVER_READY'])],
]);

/**
 * Turns the messages of one recogniser of one call into segments in media time. Interim words and the final words that
 * replace them have the same id. A recogniser's own ids and times are unique only within one of its sessions, so an id
 * also names the epoch: a new one begins with another offset, with the recogniser's message that says so, or when an id
 * or a time comes again with other words. If the words have times, a segment lasts from its first word to its last. A
 * final segment is split at pauses, so that each utterance gets its own words, and where the speaker changes.
 */
export class TranscriptSource {
  readonly #read: ReadRecognized;
  readonly #prefix: string;
  /** The newest is the last. */
  readonly #epochs: RecognizerEpoch[] = [];
  #epochCount = 0;

  /**
   * @param source - the recogniser's name, or the reader of its messages if publishers cannot name it.
   * @param place - where its words go, unique in the session. It keeps the ids of several sources apart.
   */
  constructor(source: TranscriptSourceName | ReadRecognized, place = '') {
    this.#read = typeof source === 'string' ? READERS[source]() : source;
    this.#prefix = `${typeof source === 'string' ? `${source}.` : ''}${place === '' ? '' : `${place}.`}`;
  }

  /**
   * @param offsetMs - added to the recogniser's times. It is the start of the recogniser's clock, or its error.
   * @param nowMs - the current media time: words without any time end there. Default: they follow the words before them.
   * @returns null if the message is not one of this recogniser.
   */
  take(message: unknown, offsetMs: number, nowMs?: number): SourceSegment[] | null {
    const segments = this.#read(message);
    if (segments === null) return null;
    if (isSessionStart(message)) this.#open(offsetMs);
    return segments.slice(0, MAX_SEGMENTS).flatMap((segment) => this.#place(segment, offsetMs, nowMs));
  }

  #open(offsetMs: number): RecognizerEpoch {
    const epoch = new RecognizerEpoch(this.#epochCount++, offsetMs);
    this.#epochs.push(epoch);
    if (this.#epochs.length > MAX_EPOCHS) this.#epochs.shift();
    return epoch;
  }

  #place(segment: RecognizedSegment, offsetMs: number, nowMs: number | undefined): SourceSegment[] {
    const known = this.#epochs.findLast((epoch) => Math.abs(epoch.offsetMs - offsetMs) <= SAME_OFFSET_MS);
    const epoch = known ?? this.#open(offsetMs);
    const isTimed = segment.startMs !== null || segment.endMs !== null || segment.words.length > 0;
    const soonestMs = (epoch.finalUntilMs.get(segment.channel) ?? 0) + MIN_UNTIMED_MS;
    const timed =
      isTimed || nowMs === undefined ? segment : { ...segment, endMs: Math.max(soonestMs, nowMs - offsetMs) };
    return this.#placeIn(epoch, timed, offsetMs) ?? this.#placeIn(this.#open(offsetMs), timed, offsetMs) ?? [];
  }

  /** Null: the recogniser has begun again, so the segment belongs to another epoch. */
  #placeIn(epoch: RecognizerEpoch, recognized: RecognizedSegment, offsetMs: number): SourceSegment[] | null {
    const { channel, text, final } = recognized;
    const untilMs = epoch.finalUntilMs.get(channel) ?? 0;
    const givenEndMs = recognized.endMs ?? recognized.words.at(-1)?.endMs ?? null;
    if (recognized.startMs === null && givenEndMs !== null && givenEndMs < untilMs - BACKWARD_MS) return null;
    const words = newWords(recognized, untilMs);
    const range = rangeOf(epoch, recognized, givenEndMs, untilMs);
    // The sum of two finite times may be infinite. Later segments must not be placed by such a time.
    if (range === null) return [];
    const { startMs, endMs } = range;
    const own = recognized.id ?? `at-${Math.round(recognized.startMs ?? untilMs)}`;
    if (text.trim() === '') {
      if (final) epoch.finalUntilMs.set(channel, Math.max(endMs, untilMs));
      if (final) epoch.guessedFromMs.delete(channel);
      return [];
    }
    const key = epoch.keyOf(recognized, own, startMs, endMs);
    if (key === 'restarted') return null;
    if (key === 'again') return [];
    epoch.remember(recognized, own, key, startMs, endMs);
    const whole = words.length === recognized.words.length ? text : spoken(words);
    const parts = final ? splitWords(words) : [words];
    const inMediaTime = (ms: number) => Math.max(0, ms + offsetMs);
    const placed = parts.map((part, index): SourceSegment => {
      const speaker = recognized.speaker ?? part[0]?.speaker;
      return {
        channel,
        ...(speaker !== undefined && speaker !== null && { speaker }),
        segment: {
          segmentId: this.#idOf(epoch, key, index),
          startMs: inMediaTime(part[0]?.startMs ?? startMs),
          endMs: (part.at(-1)?.endMs ?? endMs) + offsetMs,
          text: (parts.length === 1 ? whole : spoken(part)).slice(0, MAX_TRANSCRIPT_LENGTH),
          final,
          ...(final && part.length > 1 && { words: part.map((word) => timedWord(word, inMediaTime)) }),
        },
      };
    });
    if (!final) return placed;
    // A version with fewer parts takes the others back.
    for (let part = parts.length, before = epoch.noteParts(recognized, own, parts.length); part < before; part++) {
      const { channel, segment } = placed[0]!;
      const { startMs, endMs } = segment;
      placed.push({ channel, segment: { segmentId: this.#idOf(epoch, key, part), startMs, endMs, text: '', final } });
    }
    return placed;
  }

  #idOf(epoch: RecognizerEpoch, key: string, part: number): string {
    const head = `${this.#prefix}${epoch.number}`;
    const room = MAX_ID_LENGTH - head.length - PART_LENGTH;
    // The number of the part stands before the recogniser's own id, which may look like one.
    return `${head}${part === 0 ? '' : `+${part}`}.${key.slice(-room)}`;
  }
}

function timedWord({ text, startMs, endMs }: RecognizedWord, inMediaTime: (ms: number) => number): TimedWord {
  return { text, startMs: inMediaTime(startMs), endMs: inMediaTime(endMs) };
}

/** Where a segment lies in the recogniser's time. Null: its times are no usable numbers. */
function rangeOf(
  epoch: RecognizerEpoch,
  { startMs: givenMs, channel, final, text }: RecognizedSegment,
  givenEndMs: number | null,
  untilMs: number,
): { startMs: number; endMs: number } | null {
  const endMs = Math.max(givenEndMs ?? givenMs ?? untilMs, givenMs ?? untilMs);
  if (!Number.isFinite(givenMs ?? 0) || !Number.isFinite(endMs)) return null;
  if (givenMs !== null) return { startMs: givenMs, endMs };
  // There was silence between the last final words and these.
  const lengthMs = final ? speechLengthMs(text) : FIRST_GUESS_MS;
  const guessedMs = epoch.guessedFromMs.get(channel);
  const startMs = guessedMs ?? Math.max(untilMs, endMs - lengthMs);
  if (!final && guessedMs === undefined) epoch.guessedFromMs.set(channel, startMs);
  return { startMs: Math.min(startMs, endMs), endMs };
}

/** A recogniser without starts may repeat all words of the call with each final segment. */
function newWords({ startMs, final, words }: RecognizedSegment, untilMs: number): readonly RecognizedWord[] {
  return startMs === null && final ? words.filter((word) => word.endMs > untilMs) : words;
}

function isSessionStart(message: unknown): boolean {
  const fields = objectOf(message);
  return [...SESSION_STARTS].some(([name, kinds]) => kinds.has(fields[name]));
}

/** Splits the words at pauses and where the speaker changes. Without words, the result is one part without words. */
function splitWords(words: readonly RecognizedWord[]): RecognizedWord[][] {
  const parts: RecognizedWord[][] = [[]];
  for (const word of words) {
    const before = parts.at(-1)!.at(-1);
    const isNext = before !== undefined && (word.startMs - before.endMs > PAUSE_MS || word.speaker !== before.speaker);
    if (isNext && parts.length < MAX_PARTS) parts.push([]);
    parts.at(-1)!.push(word);
  }
  return parts;
}
