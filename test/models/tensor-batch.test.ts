import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stackBytes, stackRows, stackTokens, unstackRows } from '../../models/tensor-batch.ts';

describe('stackTokens', () => {
  it('pads to the longest text of the batch and masks the padding', () => {
    const batch = stackTokens([{ ids: Int32Array.of(101, 7, 102) }, { ids: Int32Array.of(101, 102) }]);
    expect(batch).toEqual({
      input_ids: { dtype: 'int64', shape: [2, 3], data: BigInt64Array.of(101n, 7n, 102n, 101n, 102n, 0n) },
      attention_mask: { dtype: 'int64', shape: [2, 3], data: BigInt64Array.of(1n, 1n, 1n, 1n, 1n, 0n) },
    });
  });

  it('adds no padding to a single text', () => {
    expect(stackTokens([{ ids: Int32Array.of(101, 102) }]).input_ids?.shape).toEqual([1, 2]);
  });
});

describe('stackRows and unstackRows', () => {
  it('give back the rows that went in, each with a buffer of its own', () => {
    const row = fc.float32Array({ minLength: 4, maxLength: 4, noNaN: true });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), (rows) => {
        const unstacked = unstackRows(stackRows(rows, 4), rows.length);
        expect(unstacked).toEqual(rows);
        expect(new Set(unstacked.map(({ buffer }) => buffer)).size).toBe(rows.length);
      }),
    );
  });

  it('make a missing row zeros', () => {
    expect(stackRows([null, Float32Array.of(1, 2)], 2)).toEqual(Float32Array.of(0, 0, 1, 2));
  });
});

describe('stackBytes', () => {
  it('puts rows end to end', () => {
    expect(stackBytes([Uint8Array.of(1, 2), Uint8Array.of(3, 4)], 2)).toEqual(Uint8Array.of(1, 2, 3, 4));
  });
});
