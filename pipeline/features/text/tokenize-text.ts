import { Tokenizer } from '@huggingface/tokenizers';
import { type EmotionModel, MAX_TOKENS, type TextTokens } from '../../../models/index.ts';

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

/**
 * Makes a WordPiece tokenizer from the model bundle's own files.
 *
 * @returns `text → tokens`: `[CLS] … [SEP]`, the first {@link MAX_TOKENS} tokens as the paper takes them;
 * null when the text holds no word.
 */
export function createTextTokenizer(files: EmotionModel['tokenizer']): (text: string) => TextTokens | null {
  const tokenizer = tokenizerOf(files);
  return (text) => {
    if (!/[\p{L}\p{N}]/u.test(text)) return null;
    const ids = Int32Array.from(tokenizer.encode(text.slice(0, MAX_CHARACTERS)).ids);
    if (ids.length <= MAX_TOKENS) return { ids };
    const truncated = ids.slice(0, MAX_TOKENS);
    truncated[MAX_TOKENS - 1] = ids[ids.length - 1]!;
    return { ids: truncated };
  };
}
