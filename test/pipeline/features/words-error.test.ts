import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../models/index.ts';
import { guardWords, WordsError } from '../../../pipeline/features/words-error.ts';

const TEXT = 'My diagnosis is secret, please.';

describe('guardWords', () => {
  it.each([
    ['the whole text', new Error(`cannot read "${TEXT}"`)],
    ['two words of it, in another case', new Error('unexpected token: DIAGNOSIS is')],
    ['a cause that quotes it', new Error('unread', { cause: new Error('… is secret') })],
    ['a thrown text', 'my diagnosis'],
  ])('marks an error that quotes words of the utterance: %s', (_, error) => {
    expect(guardWords(error, TEXT)).toBeInstanceOf(WordsError);
    expect((guardWords(error, TEXT) as WordsError).cause).toBe(error);
  });

  it('marks the quotation of an utterance that is one word', () => {
    expect(guardWords(new Error('bad word: Miller'), 'Miller?')).toBeInstanceOf(WordsError);
  });

  it.each([
    ['says something else', new Error('the graph is broken'), TEXT],
    ['comes from the models, which see numbers only', ModelError.failed('my diagnosis'), TEXT],
    ['happened without words', new Error('my diagnosis'), null],
    ['happened with nothing said', new Error('my diagnosis'), ' … '],
  ])('leaves an error as it is that %s', (_, error, text) => {
    expect(guardWords(error, text)).toBe(error);
  });
});
