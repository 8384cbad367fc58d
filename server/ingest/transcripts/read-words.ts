import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import type { RecognizedWord } from './recognized-segment.ts';
import { speakerLabel } from './speaker-label.ts';

/** Default for the most words that are read per segment. */
const MAX_WORDS = 2000;

/** The fields in which a recogniser gives a word's text and times. The first name that is present counts. */
export interface WordFields {
  readonly text: readonly string[];
  readonly start: string | readonly string[];
  readonly end: string | readonly string[];
  /** Where the label of the speaker is. Default: no word has one. */
  readonly speaker?: string | readonly string[];
  /** Converts a recogniser's time to ms. Null if it is not a time. Default: a number of seconds. */
  readonly toMs?: (value: unknown) => number | null;
  readonly maxWords?: number;
}

/**
 * The words that have a text, sorted by start. A word without times gets those of its neighbours. The result is empty if
 * no word has both times.
 */
export function readWords(value: unknown, fields: WordFields): RecognizedWord[] {
  const { text, start, end, speaker = [], toMs = secondsToMs, maxWords = MAX_WORDS } = fields;
  const items: TimedItem[] = [];
  for (const item of listOf(value).slice(0, maxWords)) {
    const word = objectOf(item);
    const spoken = text.map((name) => textOf(word[name])).find((candidate) => candidate !== null);
    if (spoken === undefined || spoken.trim() === '') continue;
    const label = speakerLabel(firstOf(word, speaker));
    const [startMs, endMs] = [toMs(firstOf(word, start)), toMs(firstOf(word, end))];
    items.push({ text: spoken.trim(), startMs, endMs, ...(label !== null && { speaker: label }) });
  }
  return withTimes(items);
}

/** A word whose times may be missing. */
export type TimedItem = Pick<RecognizedWord, 'text' | 'speaker'> & {
  readonly startMs: number | null;
  readonly endMs: number | null;
};

/** Gives words without times those of their neighbours, and sorts by start. Empty if no word has both times. */
export function withTimes(items: readonly TimedItem[]): RecognizedWord[] {
  const first = items.find(isTimed);
  if (first === undefined) return [];
  let beforeMs = first.startMs;
  const words = items.map((item): RecognizedWord => {
    const startMs = isTimed(item) ? item.startMs : beforeMs;
    const endMs = isTimed(item) ? item.endMs : startMs;
    beforeMs = endMs;
    return { ...item, startMs, endMs };
  });
  return words.sort((a, b) => a.startMs - b.startMs);
}

function isTimed(item: TimedItem): item is RecognizedWord {
  return item.startMs !== null && item.endMs !== null && item.startMs >= 0 && item.endMs >= item.startMs;
}

function firstOf(word: ForeignObject, names: string | readonly string[]): unknown {
  if (typeof names === 'string') return word[names];
  const name = names.find((candidate) => word[candidate] !== undefined && word[candidate] !== null);
  return name === undefined ? undefined : word[name];
}

/** Converts seconds, given as a number or as text (`"1.5"`), to ms. */
export function secondsToMs(value: unknown): number | null {
  const seconds = numberOf(value);
  return seconds === null ? null : toThousandths(seconds * 1000);
}

/** Converts ticks of 100 ns to ms. */
export function ticksToMs(value: unknown): number | null {
  const ticks = numberOf(value);
  return ticks === null ? null : toThousandths(ticks / 10_000);
}

/**
 * Rounds to a thousandth of a ms, because binary fractions are inexact: 1.1 × 1000 becomes 1100. Null for a number too
 * large to be a time.
 */
function toThousandths(ms: number): number | null {
  const rounded = Math.round(ms * 1000) / 1000;
  return Number.isFinite(rounded) ? rounded : null;
}
