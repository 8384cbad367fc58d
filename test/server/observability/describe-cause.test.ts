import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../models/index.ts';
import { StageError, WordsError } from '../../../pipeline/index.ts';
import { describeCause } from '../../../server/observability/describe-cause.ts';

describe('describeCause', () => {
  it('names each error of the chain with its code and message, outermost first', () => {
    const error = ModelError.failed('The text encoder failed.', new TypeError('no tensor'));
    expect(describeCause(error).cause).toBe('ModelError (failed): The text encoder failed. ← TypeError: no tensor');
  });

  it('leaves out the wrapper that only names a stage', () => {
    expect(describeCause(new StageError('sync', new RangeError('too far'))).cause).toBe('RangeError: too far');
  });

  it('shows where the innermost error was thrown, in few frames', () => {
    const { at } = describeCause(ModelError.failed('outside', new Error('inside')));
    expect(at).toMatch(/^at .*describe-cause\.test\.ts:\d+/);
    expect(at!.match(/\bat /g)!.length).toBeLessThanOrEqual(6);
  });

  it.each([
    ['the error', new WordsError(new Error('unexpected token in "my secret diagnosis"'))],
    ['a cause', new WordsError(new Error('unread', { cause: new SyntaxError('"my secret diagnosis" is no JSON') }))],
    ['a thrown text', new WordsError('my secret diagnosis')],
    ['a message with frames in it', new WordsError(new Error('at x:1:1\n    at my secret diagnosis:1:1'))],
    ['a code', new WordsError(Object.assign(new Error('x'), { code: 'my secret diagnosis' }))],
    ['a name', new WordsError(Object.assign(new Error('x'), { name: 'my secret diagnosis' }))],
  ])('withholds the message where %s may quote the words of a call', (_, error) => {
    const described = JSON.stringify(describeCause(error));
    expect(described).not.toContain('secret');
    expect(described).toMatch(/Error|thrown/);
  });

  it('takes what is thrown and is no error', () => {
    expect(describeCause('out of luck').cause).toBe('out of luck');
    expect(describeCause(null).cause).toBe('null');
    expect(describeCause(undefined).cause).toBe('unknown');
  });

  it('is bounded for a long message and for a chain that never ends', () => {
    const endless = new Error('x'.repeat(100_000));
    endless.cause = endless;
    expect(JSON.stringify(describeCause(endless)).length).toBeLessThan(6000);
  });

  it('is one line that no terminal obeys', () => {
    expect(describeCause(new Error('first\nsecond\u001b[31m')).cause).toBe('Error: first second\ufffd[31m');
  });
});
