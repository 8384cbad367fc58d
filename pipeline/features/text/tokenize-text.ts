import { Tokenizer } from '@huggingface/tokenizers';
import { type EmotionModel, MAX_TOKENS, type TextTokens } from '../../../models/index.ts';
import type { TokenizedWord } from '../utterance-features.ts';

/** Characters that are looked at: 50 WordPiece tokens never need more of a natural text. */
const MAX_CHARACTERS = 2000;

/** One a bundle, for all sessions: its vocabulary takes 20 ms to read, and megabytes to hold. */
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
 * @returns `text → tokens`: `[CLS] … [SEP]`, the first {@link MAX_TOKENS} tokens as the paper takes them, and the words
 * that they come from; null when the text holds no word.
 */
export function createTextTokenizer(files: EmotionModel['tokenizer']): (text: string) => TokenizedText | null {
  const tokenizer = tokenizerOf(files);
  return (text) => {
    if (!/[\p{L}\p{N}]/u.test(text)) return null;
    const read = text.slice(0, MAX_CHARACTERS);
    const ids = Int32Array.from(tokenizer.encode(read).ids);
    const words = findWords(tokenizer, read, ids);
    if (ids.length <= MAX_TOKENS) return { tokens: { ids }, words };
    const truncated = ids.slice(0, MAX_TOKENS);
    truncated[MAX_TOKENS - 1] = ids[ids.length - 1]!;
    return { tokens: { ids: truncated }, words: withinTokens(words, MAX_TOKENS - 1) };
  };
}

/**
 * WordPiece never joins what white space parts, so that the words' own tokens, end to end, are the text's. A text of which
 * that is not true has no words.
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

/** The words whose tokens begin before `end`, the last cut there. */
function withinTokens(words: readonly TokenizedWord[], end: number): TokenizedWord[] {
  return words
    .filter(({ firstToken }) => firstToken < end)
    .map((word) => ({ ...word, tokenCount: Math.min(word.tokenCount, end - word.firstToken) }));
}
