import { numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { joinWords, spacedTokens, spoken, wordsOfTokens } from './join-words.ts';
import { type TimedItem, withTimes } from './read-words.ts';
import type { ReadRecognized, RecognizedSegment, RecognizedWord } from './recognized-segment.ts';
import { speakerLabel } from './speaker-label.ts';

/** Tokens that mark the end of what was said. */
const ENDS = new Set(['<end>', '<fin>']);
/** Most final tokens that wait for the end of their sentence. */
const MAX_PENDING = 2000;
/** A silence after which no token is added to the last word, in ms. */
const SILENCE_MS = 1000;

/**
 * Reads Soniox' real-time messages: https://soniox.com/docs/stt/api-reference/websocket-api. Tokens are parts of words.
 * Each becomes final once, and interim ones come again with each message. Final tokens are collected to sentences.
 */
export function sonioxReader(): ReadRecognized {
  let pending: unknown[] = [];
  let count = 0;
  return (value) => {
    const message = objectOf(value);
    if (!Array.isArray(message.tokens)) return 'error_code' in message || 'finished' in message ? [] : null;
    const finals: RecognizedSegment[] = [];
    const settle = (isEnd: boolean): void => {
      const groups = joinWords(wordsOfSoniox(pending));
      const isWhole = isEnd || /[.!?…。！？]$/.test(groups.at(-1)?.text ?? '') || pending.length >= MAX_PENDING;
      const done = isWhole ? groups : groups.slice(0, -1);
      if (done.length === 0) {
        if (isWhole) pending = [];
        return;
      }
      for (const group of done) finals.push({ ...group, id: `sentence-${count++}` });
      const lastMs = isWhole ? Number.POSITIVE_INFINITY : groups.at(-1)!.startMs!;
      pending = pending.filter((token) => (numberOf(objectOf(token).start_ms) ?? 0) >= lastMs);
    };
    const interim: unknown[] = [];
    for (const token of message.tokens) {
      const { text, is_final: isFinal } = objectOf(token);
      if (isFinal !== true) interim.push(token);
      else if (typeof text === 'string' && ENDS.has(text)) settle(true);
      else pending.push(token);
    }
    const heardMs = numberOf(message.final_audio_proc_ms) ?? 0;
    const spokenUntilMs = Math.max(...pending.map((token) => numberOf(objectOf(token).end_ms) ?? 0));
    settle(message.finished === true || heardMs - spokenUntilMs > SILENCE_MS);
    const words = wordsOfSoniox([...pending, ...interim]);
    return [...finals, ...guess(words, `sentence-${count}`)];
  };
}

function guess(words: readonly RecognizedWord[], id: string): RecognizedSegment[] {
  if (words.length === 0) return [];
  const [startMs, endMs] = [words[0]!.startMs, words.at(-1)!.endMs];
  return [{ id, channel: 0, startMs, endMs, text: spoken(words), final: false, words }];
}

/** The words of a list of tokens, which is the same live and for recordings. Tokens of a translation have no times. */
export function wordsOfSoniox(tokens: readonly unknown[]): RecognizedWord[] {
  const items: TimedItem[] = [];
  for (const token of tokens.map(objectOf)) {
    const text = textOf(token.text);
    const [startMs, endMs] = [numberOf(token.start_ms), numberOf(token.end_ms)];
    if (text === null || ENDS.has(text) || startMs === null || endMs === null) continue;
    const label = speakerLabel(token.speaker);
    items.push({ text, startMs, endMs, ...(label !== null && { speaker: label }) });
  }
  return withTimes(wordsOfTokens(spacedTokens(items)));
}
