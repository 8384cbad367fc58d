import { listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import type { RecognizedWord } from './recognized-segment.ts';

/** Most words that are read of one segment. */
const MAX_WORDS = 2000;

/** Where a recogniser has a word's text and times; the first name that is there counts. */
export interface WordFields {
  readonly text: readonly string[];
  readonly start: string;
  readonly end: string;
  /** A recogniser's time in ms; null where it is none. Default: a number of seconds. */
  readonly toMs?: (value: unknown) => number | null;
}

/** The words that have a text and both times, by start. */
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

/** Seconds, as a number or as text (`"1.5"`), in ms. */
export function secondsToMs(value: unknown): number | null {
  const seconds = numberOf(value);
  return seconds === null ? null : toThousandths(seconds * 1000);
}

/** Ticks of 100 ns in ms. */
export function ticksToMs(value: unknown): number | null {
  const ticks = numberOf(value);
  return ticks === null ? null : toThousandths(ticks / 10_000);
}

/** What seconds in binary do not hold exactly: 1.1 × 1000 is 1100. Null for what is too large to be a time. */
function toThousandths(ms: number): number | null {
  const rounded = Math.round(ms * 1000) / 1000;
  return Number.isFinite(rounded) ? rounded : null;
}
