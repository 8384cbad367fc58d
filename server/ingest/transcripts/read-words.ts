import { listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import type { RecognizedWord } from './recognized-segment.ts';

/** Most words that are read per segment. */
const MAX_WORDS = 2000;

/** The fields in which a recogniser gives a word's text and times. The first name that is present counts. */
export interface WordFields {
  readonly text: readonly string[];
  readonly start: string;
  readonly end: string;
  /** Converts a recogniser's time to ms. Null if it is not a time. Default: a number of seconds. */
  readonly toMs?: (value: unknown) => number | null;
}

/** The words that have a text and both times, sorted by start. */
export function readWords(value: unknown, { text, start, end, toMs = secondsToMs }: WordFields): RecognizedWord[] {
  const words: RecognizedWord[] = [];
  for (const item of listOf(value).slice(0, MAX_WORDS)) {
    const word = objectOf(item);
    const spoken = text.map((name) => textOf(word[name])).find((candidate) => candidate !== null);
    const [startMs, endMs] = [toMs(word[start]), toMs(word[end])];
    if (spoken === undefined || spoken.trim() === '' || startMs === null || endMs === null || endMs < startMs) continue;
    words.push({ text: spoken.trim(), startMs, endMs });
  }
  return words.sort((a, b) => a.startMs - b.startMs);
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
