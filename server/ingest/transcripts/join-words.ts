import type { TimedItem } from './read-words.ts';
import type { RecognizedSegment, RecognizedWord } from './recognized-segment.ts';

/** A pause between two words that ends a segment, in ms. */
const PAUSE_MS = 1000;
/** A segment that never pauses ends here, in ms and in words. */
const MAX_SEGMENT_MS = 30_000;
const MAX_SEGMENT_WORDS = 200;

const SENTENCE_END = /[.!?…。！？]["'”’)\]]*$/;
const NO_SPACES = /[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]/;

/**
 * Joins words to segments: words of one speaker that follow each other within a second, up to the end of a sentence.
 *
 * @param words - in order.
 */
export function joinWords(words: readonly RecognizedWord[], channel = 0): RecognizedSegment[] {
  const groups: RecognizedWord[][] = [];
  for (const word of words) {
    const group = groups.at(-1);
    if (group === undefined || isApart(group, word)) groups.push([word]);
    else group.push(word);
  }
  return groups.map((group) => segmentOf(group, channel));
}

function isApart(group: readonly RecognizedWord[], word: RecognizedWord): boolean {
  const [first, last] = [group[0]!, group.at(-1)!];
  return (
    (word.speaker ?? null) !== (last.speaker ?? null) ||
    word.startMs - last.endMs >= PAUSE_MS ||
    SENTENCE_END.test(last.text.slice(-6)) ||
    word.endMs - first.startMs > MAX_SEGMENT_MS ||
    group.length >= MAX_SEGMENT_WORDS
  );
}

function segmentOf(words: readonly RecognizedWord[], channel: number): RecognizedSegment {
  return {
    id: null,
    channel,
    startMs: words[0]!.startMs,
    endMs: Math.max(...words.map(({ endMs }) => endMs)),
    text: spoken(words),
    final: true,
    words,
    speaker: words[0]!.speaker ?? null,
  };
}

/** The words as a text. Scripts that are written without spaces get none. */
export function spoken(words: readonly { readonly text: string }[]): string {
  let text = '';
  for (const word of words) {
    const isSpaced = text !== '' && !(NO_SPACES.test(text.at(-1)!) && NO_SPACES.test(word.text[0] ?? ''));
    text += isSpaced ? ` ${word.text}` : word.text;
  }
  return text;
}

/** A piece of text from a recogniser that gives less than words: syllables, or punctuation as an item of its own. */
export interface Token extends TimedItem {
  /** The text belongs to the word before it, without a space. */
  readonly attached: boolean;
}

/** Builds words from tokens. */
export function wordsOfTokens(tokens: readonly Token[]): TimedItem[] {
  const words: TimedItem[] = [];
  for (const { attached, ...token } of tokens) {
    const before = words.at(-1);
    if (!attached || before === undefined) {
      words.push(token);
    } else {
      const startMs = before.startMs ?? token.startMs;
      words[words.length - 1] = {
        ...before,
        text: before.text + token.text,
        startMs,
        endMs: token.endMs ?? before.endMs,
      };
    }
  }
  return words;
}

/** Tokens that carry their own spaces: one that begins with a space, or follows one, begins a word. */
export function spacedTokens(items: readonly TimedItem[]): Token[] {
  let isApart = true;
  let speaker: string | undefined;
  const tokens: Token[] = [];
  for (const item of items) {
    const text = item.text.trim();
    const before = tokens.at(-1)?.text.at(-1) ?? '';
    const isWord = isApart || /^\s/.test(item.text) || (NO_SPACES.test(before) && /[^\p{P}]/u.test(text[0] ?? ''));
    if (text !== '') tokens.push({ ...item, text, attached: !isWord && item.speaker === speaker });
    isApart = /\s$/.test(item.text) || (text === '' && isApart);
    if (text !== '') speaker = item.speaker;
  }
  return tokens;
}
