import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Scores how much a text looks like each known language. */
export interface LanguageModel {
  /** ISO 639-1 codes of the known languages, in the order of every vector. */
  readonly languages: readonly string[];
  /**
   * @param text - as it is spoken; the first 350 bytes are read
   * @returns one number ≥ 0 per language: the sum, over the text's n-grams, of how typical each n-gram is. Sums of two texts
   * may be added. All are 0 if no n-gram is known. The caller owns the array.
   */
  weigh(text: string): Float32Array;
}

/** Folder of the n-grams, which `pack-ngrams.ts` writes, with their manifest. */
export const LANGUAGE_DIRECTORY = fileURLToPath(new URL('.', import.meta.url));

/** Bytes of an n-gram, and the distance from one to the next within a word. A space marks a word's beginning or end. */
const NGRAM_BYTES = 4;
const STRIDE_BYTES = 3;
/** So many characters and bytes of a text are read, and bytes of a word. */
const MAX_CHARACTERS = 1000;
const MAX_TEXT_BYTES = 350;
const MAX_WORD_BYTES = 70;
/** Weights are stored less this one, the smallest. */
const LEAST_WEIGHT = 53;
const SPACE = 32;
/** What separates words. An apostrophe at the end of it belongs to the next word ("don’t"). */
const SEPARATORS = /[^\p{L}]+(?<!['`’])/gu;

/** Reads the n-grams of 60 languages: 1 MB. */
export async function openLanguageModel(): Promise<LanguageModel> {
  const [manifest, file] = await Promise.all([
    readFile(new URL('manifest.json', import.meta.url), 'utf8'),
    readFile(new URL('ngrams.bin', import.meta.url)),
  ]);
  const { languages } = JSON.parse(manifest) as { languages: string[] };
  const { keys, starts, rows, weights } = unpack(file);
  return {
    languages,
    weigh(text) {
      const words = wordsOf(text);
      const ngrams = ngramsOf(words);
      const sums = new Float32Array(languages.length);
      for (const ngram of ngrams) {
        const at = find(keys, ngram);
        if (at < 0) continue;
        for (let i = starts[at]!; i < starts[at + 1]!; i += 1) sums[rows[i]!]! += weights[i]! + LEAST_WEIGHT;
      }
      // An n-gram that occurs twice counts once in the sums, and twice in the weight of the text.
      const scale = ngrams.size === 0 ? 0 : countNgrams(text) / ngrams.size;
      return sums.map((sum) => sum * scale);
    },
  };
}

/** An n-gram of up to 6 bytes as one number. */
export function ngramKey(bytes: ArrayLike<number>): number {
  let key = 0;
  for (let i = 0; i < bytes.length; i += 1) key = key * 256 + bytes[i]!;
  return key;
}

interface Ngrams {
  /** In ascending order. */
  readonly keys: Float64Array;
  /** Where each n-gram's languages begin; one more than there are n-grams. */
  readonly starts: Uint32Array;
  readonly rows: Uint8Array;
  readonly weights: Uint8Array;
}

function unpack(file: Buffer): Ngrams {
  const bytes = new Uint8Array(file);
  const [count, weightCount] = new Uint32Array(bytes.buffer, 0, 2) as unknown as [number, number];
  const countsAt = 8 + 8 * count;
  const rowsAt = countsAt + count;
  const starts = new Uint32Array(count + 1);
  for (let i = 0; i < count; i += 1) starts[i + 1] = starts[i]! + bytes[countsAt + i]!;
  return {
    keys: new Float64Array(bytes.buffer, 8, count),
    starts,
    rows: bytes.subarray(rowsAt, rowsAt + weightCount),
    weights: bytes.subarray(rowsAt + weightCount, rowsAt + 2 * weightCount),
  };
}

/** Place of a number in an ascending list, or −1. */
function find(keys: Float64Array, key: number): number {
  let [low, high] = [0, keys.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = keys[middle]!;
    if (found === key) return middle;
    if (found < key) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** The words of a text as UTF-8, in lower case. */
function wordsOf(text: string): Uint8Array[] {
  const words: Uint8Array[] = [];
  const encoder = new TextEncoder();
  let bytes = 0;
  for (const word of text.substring(0, MAX_CHARACTERS).replace(SEPARATORS, ' ').trim().toLowerCase().split(' ')) {
    if (word === '' || bytes > MAX_TEXT_BYTES) continue;
    const encoded = encoder.encode(word);
    words.push(encoded);
    bytes += encoded.length + 1;
  }
  return words;
}

function ngramsOf(words: readonly Uint8Array[]): Set<number> {
  const ngrams = new Set<number>();
  for (const word of words) {
    const end = Math.min(word.length, MAX_WORD_BYTES);
    let at = 0;
    for (; at + NGRAM_BYTES < end; at += STRIDE_BYTES) {
      const part = word.subarray(at, at + NGRAM_BYTES);
      ngrams.add(ngramKey(at === 0 ? [SPACE, ...part] : part));
    }
    // The end of a longer word is not read.
    if (word.length > MAX_WORD_BYTES) continue;
    const last = word.subarray(Math.max(0, end - NGRAM_BYTES));
    ngrams.add(ngramKey(at === 0 ? [SPACE, ...last, SPACE] : [...last, SPACE]));
  }
  return ngrams;
}

/** Number of n-grams in a text, repetitions included: four characters each, in steps of three. */
function countNgrams(text: string): number {
  let count = 0;
  for (const [word] of text.matchAll(/\S+/gu)) {
    count += Math.max(0, Math.ceil((word.length - NGRAM_BYTES) / STRIDE_BYTES)) + 1;
  }
  return count;
}
