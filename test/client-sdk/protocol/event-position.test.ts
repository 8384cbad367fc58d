import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPosition, parsePosition } from '../../../client-sdk/protocol/index.ts';

describe('a position as text', () => {
  it('comes back as it was', () => {
    const epoch = fc.option(fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/), { nil: null });
    const position = fc.record({ epoch, sequence: fc.nat(1e9) });
    fc.assert(
      fc.property(position, (told) => {
        expect(parsePosition(formatPosition(told))).toEqual(told);
      }),
    );
  });

  it.each(['', 'x', ':', 'a:', ':1', '-1', '1.5', '1e3', 'a:b:1', 'a b:1', ' 1', '1\n', `${'a'.repeat(33)}:1`])(
    'is not %j',
    (text) => expect(parsePosition(text)).toBeNull(),
  );
});
