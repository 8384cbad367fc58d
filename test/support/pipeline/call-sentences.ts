import { readFileSync } from 'node:fs';

export interface CallSentence {
  readonly language: string;
  /** `short`: fewer than six words. */
  readonly length: 'long' | 'short';
  readonly text: string;
}

/** Sentences of callers and agents: 10 long and 10 short ones per language. */
export function callSentences(): CallSentence[] {
  const file = new URL('../../fixtures/languages/call-sentences.tsv', import.meta.url);
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [language, length, text] = line.split('\t') as [string, CallSentence['length'], string];
    return { language, length, text };
  });
}

/** The text as many recognisers write it live: without capitals and punctuation. */
export function asLive(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}'’]+/gu, ' ')
    .trim();
}

/** The text as some recognisers write it: live, and without the diacritics of Latin letters. */
export function withoutMarks(text: string): string {
  const letters: Readonly<Record<string, string>> = { ß: 'ss', ł: 'l', ı: 'i', ø: 'o', æ: 'ae' };
  return asLive(text)
    .normalize('NFD')
    .replace(/(\p{Script=Latin})\p{M}+/gu, '$1')
    .normalize('NFC')
    .replace(/[ßłıøæ]/gu, (letter) => letters[letter]!);
}
