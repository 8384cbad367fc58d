import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTextTokenizer } from '../../../../pipeline/features/text/tokenize-text.ts';
import { bundleTokenizer } from '../../../support/pipeline/bundle-tokenizer.ts';

const CLS = 101;
const SEP = 102;
const tokenize = createTextTokenizer(bundleTokenizer(), 50);

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

  it('keeps the end of a long text between its first and its last token', () => {
    const { ids } = tokenize(`${'word '.repeat(4000)}and I am absolutely furious`)!.tokens;
    expect(ids).toHaveLength(50);
    expect([ids[0], ids[49]]).toEqual([CLS, SEP]);
    expect(ids.slice(-6)).toEqual(tokenize('and I am absolutely furious')!.tokens.ids.slice(-6));
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

  it('cuts the word at which the end of a long text begins, and leaves out what comes before', () => {
    const { words } = tokenize(`before unbelievableness${' word'.repeat(47)}`)!;
    expect(words).toHaveLength(48);
    expect(words[0]).toEqual({ start: 7, end: 23, firstToken: 1, tokenCount: 1 });
    expect(words[1]).toEqual({ start: 24, end: 28, firstToken: 2, tokenCount: 1 });
    expect(words.at(-1)).toEqual({ start: 254, end: 258, firstToken: 48, tokenCount: 1 });
  });

  it('finds the words of a text that is longer than what is looked at', () => {
    const text = `${'unbelievableness '.repeat(500)}am I angry`;
    const { tokens, words } = tokenize(text)!;
    expect(tokens.ids).toHaveLength(50);
    expect(words.slice(-3).map(({ start, end }) => text.slice(start, end))).toEqual(['am', 'I', 'angry']);
    expect(words.reduce((count, { tokenCount }) => count + tokenCount, 0)).toBe(48);
  });

  it('takes as many tokens as the bundle does', () => {
    const tokenizeLong = createTextTokenizer(bundleTokenizer(), 128);
    expect(tokenizeLong('word '.repeat(126))!.tokens.ids).toHaveLength(128);
    expect(tokenizeLong('word '.repeat(300))!.tokens.ids).toHaveLength(128);
  });

  it('gives the words of any text of any length the tokens of its end, in order', () => {
    const words = fc.array(fc.constantFrom('no', 'unbelievableness', 'don’t', '…', '8', 'x'.repeat(120)), {
      minLength: 1,
      maxLength: 90,
    });
    fc.assert(
      fc.property(words, (spoken) => {
        const text = spoken.join(' ');
        const tokenized = tokenize(text);
        if (tokenized === null) return;
        let next = 1;
        for (const { firstToken, tokenCount } of tokenized.words) {
          expect(firstToken).toBe(next);
          next += tokenCount;
        }
        expect(next).toBe(tokenized.tokens.ids.length - 1);
        expect(tokenized.words.at(-1)!.end).toBe(text.length);
      }),
    );
  });
});
