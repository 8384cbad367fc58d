import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallContext, withContext } from '../../../../pipeline/features/text/call-context.ts';

const CLS = 101;
const SEP = 102;
const said = (...words: number[]) => ({ ids: Int32Array.of(CLS, ...words, SEP) });
/** An utterance of 900 ms. */
const at = (startMs: number, endMs = startMs + 900, id = `u-${startMs}`) => ({ id, startMs, endMs });
const lists = (context: readonly Int32Array[]) => context.map((tokens) => [...tokens]);

describe('CallContext', () => {
  it('gives the newest utterances before an utterance, in time order, each with its end', () => {
    const context = new CallContext({ contextUtterances: 2 });
    for (const word of [1, 2, 3]) context.tell(at(word * 1000), said(word));
    expect(lists(context.before(at(4000)))).toEqual([
      [2, SEP],
      [3, SEP],
    ]);
  });

  it('gives none at the beginning of a call, and never the utterance itself', () => {
    const context = new CallContext({ contextUtterances: 2 });
    context.tell(at(0), said(7));
    expect(context.before(at(0))).toEqual([]);
  });

  it.each([
    [1, [24]],
    [2, [24, 24]],
    [4, [12, 12, 12, 12]],
  ])('keeps the end of long utterances: of %i, %j tokens', (contextUtterances, lengths) => {
    const context = new CallContext({ contextUtterances });
    const words = Array.from({ length: 60 }, (_, word) => word + 1);
    for (let turn = 0; turn < 5; turn += 1) context.tell(at(turn * 1000), said(...words));
    const given = context.before(at(5000));
    expect(given.map(({ length }) => length)).toEqual(lengths);
    expect([...given[0]!]).toEqual([...words.slice(1 - lengths[0]!), SEP]);
  });

  it('takes what began before, whatever the order in which it is told', () => {
    const context = new CallContext({ contextUtterances: 2 });
    context.tell(at(3000), said(3));
    context.tell(at(1000), said(1));
    context.tell(at(2000), said(2));
    expect(lists(context.before(at(2500)))).toEqual([
      [1, SEP],
      [2, SEP],
    ]);
  });

  it('leaves out what began at the same time, later, or was still being said', () => {
    const context = new CallContext({ contextUtterances: 4 });
    context.tell(at(1000, 9000, 'a long one'), said(1));
    context.tell(at(2000, 2900, 'at the same time'), said(2));
    context.tell(at(2500), said(3));
    expect(context.before(at(2000, 2900, 'this one'))).toEqual([]);
  });

  it('passes over utterances without words, however many there are', () => {
    const context = new CallContext({ contextUtterances: 1 });
    context.tell(at(0), said(7));
    for (let startMs = 1000; startMs < 400_000; startMs += 1000) context.tell(at(startMs), null);
    expect(lists(context.before(at(400_000)))).toEqual([[7, SEP]]);
  });

  it('keeps the utterances that it chose first, with the words that are known by now', () => {
    const context = new CallContext({ contextUtterances: 2 });
    context.tell(at(1000), said(1));
    expect(lists(context.before(at(3000)))).toEqual([[1, SEP]]);
    context.tell(at(2000), said(2));
    context.tell(at(1000), said(1, 1));
    expect(lists(context.before(at(3000)))).toEqual([[1, 1, SEP]]);
    expect(lists(context.before(at(4000)))).toEqual([
      [1, 1, SEP],
      [2, SEP],
    ]);
  });

  it('gives no words that turn out not to be read', () => {
    const context = new CallContext({ contextUtterances: 2 });
    context.tell(at(1000), said(1));
    context.before(at(3000));
    context.tell(at(1000), null);
    expect(context.before(at(3000))).toEqual([]);
    expect(context.before(at(4000))).toEqual([]);
  });

  it('holds a bounded number of utterances, and tells every byte that it holds', () => {
    let heldBytes = 0;
    const context = new CallContext({
      contextUtterances: 2,
      onHeld: (bytes) => {
        heldBytes += bytes;
      },
    });
    const words = said(...Array.from({ length: 100 }, (_, word) => word));
    for (let turn = 0; turn < 2000; turn += 1) {
      context.tell(at(turn * 1000), words);
      context.before(at(turn * 1000));
      context.tell(at(turn * 1000), turn % 3 === 0 ? null : words);
    }
    expect(heldBytes).toBeGreaterThan(0);
    expect(heldBytes).toBeLessThanOrEqual(256 * 24 * 4);
  });
});

describe('withContext', () => {
  const older = Int32Array.of(1, 1, SEP);
  const newer = Int32Array.of(2, SEP);

  it('puts the context behind the utterance, the newest last', () => {
    const { ids, ownCount } = withContext(said(9), [older, newer], 50);
    expect([...ids]).toEqual([CLS, 9, SEP, 1, 1, SEP, 2, SEP]);
    expect(ownCount).toBe(3);
  });

  it('leaves the oldest out first where there is no room', () => {
    expect([...withContext(said(9), [older, newer], 7).ids]).toEqual([CLS, 9, SEP, 2, SEP]);
    expect([...withContext(said(9), [older, newer], 8).ids]).toHaveLength(8);
  });

  it('leaves the utterance as it is without context, or without room for any', () => {
    const own = said(9);
    expect(withContext(own, [], 50)).toBe(own);
    expect(withContext(own, [older, newer], 4)).toBe(own);
  });

  it('never cuts the utterance, and never exceeds what the bundle takes', () => {
    const tokens = fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 48 });
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 4 }), fc.integer({ min: 2, max: 50 }), (before, length) => {
        const own = { ids: new Int32Array(length).fill(7) };
        const { ids, ownCount = ids.length } = withContext(
          own,
          before.map((one) => Int32Array.from(one)),
          50,
        );
        expect(ids.length).toBeLessThanOrEqual(50);
        expect(ownCount).toBe(length);
        expect(ids.slice(0, length)).toEqual(own.ids);
        const given = before.slice(before.length - countOf(before, ids.length - length)).flat();
        expect([...ids.slice(length)]).toEqual(given);
      }),
    );
  });
});

/** How many of the newest utterances have so many tokens together. */
function countOf(before: readonly (readonly number[])[], tokenCount: number): number {
  let count = 0;
  for (let left = tokenCount; left > 0; left -= before[before.length - count]!.length) count += 1;
  return count;
}
