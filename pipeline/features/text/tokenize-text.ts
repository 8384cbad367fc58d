import { Tokenizer } from '@huggingface/tokenizers';
import type { EmotionModel, TextTokens } from '../../../models/index.ts';
import type { TokenizedWord } from '../utterance-features.ts';

/** Characters at the end of a text that are read: 128 WordPiece tokens of natural text never have more. */
const MAX_CHARACTERS = 2000;

/** One per bundle, shared by all sessions: its vocabulary takes 20 ms to read and megabytes of memory. */
const tokenizers = new WeakMap<EmotionModel['tokenizer'], Tokenizer>();

function tokenizerOf(files: EmotionModel['tokenizer']): Tokenizer {
  const known = tokenizers.get(files);
  if (known !== undefined) return known;
  const tokenizer = new Tokenizer(files.json, files.config);
  tokenizers.set(files, tokenizer);
  return tokenizer;
}

export interface TokenizedText {
  readonly tokens: TextTokens;
  /** Those of which at least one token is in `tokens`. */
  readonly words: readonly TokenizedWord[];
}

/**
 * Makes a WordPiece tokenizer from the model bundle's own files.
 *
 * @returns a function from text to `[CLS] … [SEP]` and the words that the tokens come from; null if the text has no word. Of
 * a longer text the last `maxTokens` − 2 tokens are kept, because people say last what they feel.
 */
export function createTextTokenizer(
  files: EmotionModel['tokenizer'],
  maxTokens: number,
): (text: string) => TokenizedText | null {
  const tokenizer = tokenizerOf(files);
  return (text) => {
    if (!/[\p{L}\p{N}]/u.test(text)) return null;
    const from = endStart(text, MAX_CHARACTERS);
    const read = text.slice(from);
    const ids = Int32Array.from(tokenizer.encode(read).ids);
    const words = findWords(tokenizer, read, ids).map((word) => ({
      ...word,
      start: word.start + from,
      end: word.end + from,
    }));
    const left = ids.length - maxTokens;
    if (left <= 0) return { tokens: { ids }, words };
    const ending = ids.slice(left);
    ending[0] = ids[0]!;
    return { tokens: { ids: ending }, words: withoutFirst(words, left) };
  };
}

/** Where the last `most` characters of a text begin, at the beginning of a word if there is one. */
function endStart(text: string, most: number): number {
  if (text.length <= most) return 0;
  const from = text.length - most;
  const space = text.slice(from).search(/\s/u);
  return space < 0 ? from : from + space;
}

/**
 * WordPiece never joins words across white space, so the tokens of the words, joined, are the tokens of the text. Otherwise
 * no word spans are returned.
 */
function findWords(tokenizer: Tokenizer, text: string, ids: Int32Array): TokenizedWord[] {
  const words: TokenizedWord[] = [];
  let firstToken = 1;
  for (const { 0: word, index: start } of text.matchAll(/\S+/gu)) {
    const own: readonly number[] = tokenizer.encode(word, { add_special_tokens: false }).ids;
    if (own.some((id, offset) => ids[firstToken + offset] !== id)) return [];
    if (own.length > 0) words.push({ start, end: start + word.length, firstToken, tokenCount: own.length });
    firstToken += own.length;
  }
  return firstToken === ids.length - 1 ? words : [];
}

/** The words whose tokens end after the first `count` tokens. The first of these words is cut there. */
function withoutFirst(words: readonly TokenizedWord[], count: number): TokenizedWord[] {
  return words.flatMap(({ firstToken, tokenCount, ...word }) => {
    const lost = Math.max(0, count + 1 - firstToken);
    if (lost >= tokenCount) return [];
    return [{ ...word, firstToken: firstToken + lost - count, tokenCount: tokenCount - lost }];
  });
}
