import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stackBytes, stackFusion, stackRows, stackTokens, unstackRows } from '../../../models/emotion/tensor-batch.ts';

describe('stackTokens', () => {
  it('pads to the longest text of the batch and masks the padding', () => {
    const batch = stackTokens([{ ids: Int32Array.of(101, 7, 102) }, { ids: Int32Array.of(101, 102) }]);
    expect(batch).toEqual({
      input_ids: { dtype: 'int64', shape: [2, 3], data: BigInt64Array.of(101n, 7n, 102n, 101n, 102n, 0n) },
      attention_mask: { dtype: 'int64', shape: [2, 3], data: BigInt64Array.of(1n, 1n, 1n, 1n, 1n, 0n) },
    });
  });

  it('tells the tokens of the context from those of the utterance and from padding', () => {
    const texts = [{ ids: Int32Array.of(101, 102) }, { ids: Int32Array.of(101, 7, 102, 8, 102), ownCount: 3 }];
    const types = BigInt64Array.of(0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 1n, 1n);
    const batch = stackTokens(texts, true);
    expect(batch.token_type_ids).toEqual({ dtype: 'int64', shape: [2, 5], data: types });
    expect(batch.attention_mask?.data).toEqual(BigInt64Array.of(1n, 1n, 0n, 0n, 0n, 1n, 1n, 1n, 1n, 1n));
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

describe('stackFusion', () => {
  const shape = { textSize: 2, videoSize: 1, withBaseline: true };
  const audio = new Float32Array(896).fill(3);
  const baseline = { mean: new Float32Array(896).fill(2), utterances: 5 };

  it('gives each voice its own baseline, and zeros where there is none', () => {
    const feeds = stackFusion(
      [
        { text: null, audio, video: null, baseline },
        { text: null, audio, video: null },
      ],
      shape,
    );
    expect(feeds.baseline_utterances).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(5, 0) });
    expect(feeds.audio_baseline?.shape).toEqual([2, 896]);
    expect(feeds.audio_baseline?.data).toEqual(Float32Array.from({ length: 1792 }, (_, i) => (i < 896 ? 2 : 0)));
  });

  it('leaves a baseline out beside a missing voice, and from a graph that takes none', () => {
    const inputs = { text: Float32Array.of(1, 1), audio: null, video: null, baseline };
    expect(stackFusion([inputs], shape).baseline_utterances?.data).toEqual(Float32Array.of(0));
    const without = stackFusion([inputs], { ...shape, withBaseline: false });
    expect(Object.keys(without)).toEqual(['text_embedding', 'audio_features', 'video_embedding', 'present']);
  });
});

describe('stackBytes', () => {
  it('puts rows end to end', () => {
    expect(stackBytes([Uint8Array.of(1, 2), Uint8Array.of(3, 4)], 2)).toEqual(Uint8Array.of(1, 2, 3, 4));
  });
});
