import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTextTokenizer } from '../../../../pipeline/features/text/tokenize-text.ts';
import { bundleTokenizer } from '../../../support/pipeline/bundle-tokenizer.ts';

const CLS = 101;
const SEP = 102;
const tokenize = createTextTokenizer(bundleTokenizer());

describe('createTextTokenizer', () => {
  it('gives the WordPiece ids of bert-base-uncased between [CLS] and [SEP]', () => {
    expect([...tokenize('Oh my god, I can’t believe it!')!.tokens.ids].slice(0, 5)).toEqual([
      CLS,
      2821,
      2026,
      2643,
      1010,
    ]);
    expect([...tokenize('hello')!.tokens.ids]).toEqual([CLS, 7592, SEP]);
  });

  it('does not care about case, and folds accents', () => {
    expect(tokenize('CAFÉ')).toEqual(tokenize('cafe'));
  });

  it('keeps the first 50 tokens of a long text and still closes them', () => {
    const { ids } = tokenize('word '.repeat(4000))!.tokens;
    expect(ids).toHaveLength(50);
    expect([ids[0], ids[49]]).toEqual([CLS, SEP]);
    expect(tokenize(`${'word '.repeat(48)}`)!.tokens.ids).toHaveLength(50);
    expect(tokenize(`${'word '.repeat(47)}`)!.tokens.ids).toHaveLength(49);
  });

  it.each(['', '   ', '…', '?!', '—'])('knows that %j holds no word', (text) => {
    expect(tokenize(text)).toBeNull();
  });

  it('takes any script and any byte without failing', () => {
    for (const text of ['Привет', '你好', 'مرحبا', '👍 ok', '\u0000a\uD800'])
      expect(tokenize(text)!.tokens.ids.length).toBeGreaterThan(2);
  });

  it('tells which characters a word has, punctuation included, and which tokens it became', () => {
    expect(tokenize('  Oh my god, unbelievableness!')!.words).toEqual([
      { start: 2, end: 4, firstToken: 1, tokenCount: 1 },
      { start: 5, end: 7, firstToken: 2, tokenCount: 1 },
      { start: 8, end: 12, firstToken: 3, tokenCount: 2 },
      { start: 13, end: 30, firstToken: 5, tokenCount: expect.any(Number) },
    ]);
  });

  it('gives the words of any text all of its tokens, in order, and no token twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const tokenized = tokenize(text);
        if (tokenized === null || tokenized.words.length === 0) return;
        const { tokens, words } = tokenized;
        let next = 1;
        for (const { start, end, firstToken, tokenCount } of words) {
          expect(text.slice(start, end)).toMatch(/^\S+$/u);
          expect(firstToken).toBe(next);
          next += tokenCount;
        }
        expect(next).toBe(tokens.ids.length - 1);
      }),
    );
  });

  it('cuts the word at which a long text ends, and leaves out what comes after', () => {
    const { words } = tokenize(`${'word '.repeat(47)}unbelievableness after`)!;
    expect(words).toHaveLength(48);
    expect(words.at(-1)).toEqual({ start: 235, end: 251, firstToken: 48, tokenCount: 1 });
  });
});
