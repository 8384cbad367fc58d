import { describe, expect, it } from 'vitest';
import { createTextTokenizer } from '../../../../pipeline/features/text/tokenize-text.ts';
import { bundleTokenizer } from '../../../support/pipeline/bundle-tokenizer.ts';

const CLS = 101;
const SEP = 102;
const tokenize = createTextTokenizer(bundleTokenizer());

describe('createTextTokenizer', () => {
  it('gives the WordPiece ids of bert-base-uncased between [CLS] and [SEP]', () => {
    expect([...tokenize('Oh my god, I can’t believe it!')!.ids].slice(0, 5)).toEqual([CLS, 2821, 2026, 2643, 1010]);
    expect([...tokenize('hello')!.ids]).toEqual([CLS, 7592, SEP]);
  });

  it('does not care about case, and folds accents', () => {
    expect(tokenize('CAFÉ')).toEqual(tokenize('cafe'));
  });

  it('keeps the first 50 tokens of a long text and still closes them', () => {
    const { ids } = tokenize('word '.repeat(4000))!;
    expect(ids).toHaveLength(50);
    expect([ids[0], ids[49]]).toEqual([CLS, SEP]);
    expect(tokenize(`${'word '.repeat(48)}`)!.ids).toHaveLength(50);
    expect(tokenize(`${'word '.repeat(47)}`)!.ids).toHaveLength(49);
  });

  it.each(['', '   ', '…', '?!', '—'])('knows that %j holds no word', (text) => {
    expect(tokenize(text)).toBeNull();
  });

  it('takes any script and any byte without failing', () => {
    for (const text of ['Привет', '你好', 'مرحبا', '👍 ok', '\u0000a\uD800'])
      expect(tokenize(text)!.ids.length).toBeGreaterThan(2);
  });
});
