import { describe, expect, it } from 'vitest';
import { checkGraphSignature, type GraphSignature, type TensorSpec } from '../../../models/runtime/graph-signature.ts';

const EXPECTED: GraphSignature = {
  inputs: { ids: { dtype: 'int64', shape: ['batch', 'tokens'] } },
  outputs: { embedding: { dtype: 'float32', shape: ['batch', 384] } },
};

function check(ids: TensorSpec, outputs: GraphSignature['outputs'] = EXPECTED.outputs) {
  return () => checkGraphSignature('text.onnx', EXPECTED, { inputs: { ids }, outputs });
}

describe('checkGraphSignature', () => {
  it('accepts other names of free dimensions, and free ones where a fixed one is expected', () => {
    const outputs = { embedding: { dtype: 'float32', shape: ['b', ''] } } as const;
    expect(check({ dtype: 'int64', shape: ['', 'n'] }, outputs)).not.toThrow();
  });

  it.each([
    ['another element type', { dtype: 'float32', shape: ['b', 't'] }, 'input "ids" is float32 [b, t], expected int64'],
    ['another rank', { dtype: 'int64', shape: ['b'] }, 'input "ids" is int64 [b]'],
    ['a fixed dimension that must be free', { dtype: 'int64', shape: [1, ''] }, 'input "ids" is int64 [1, ?]'],
  ] as const)('refuses %s', (_, ids, message) => {
    expect(check(ids)).toThrow(`text.onnx: ${message}`);
  });

  it('refuses an output of another size', () => {
    const outputs = { embedding: { dtype: 'float32', shape: ['batch', 768] } } as const;
    expect(check(EXPECTED.inputs.ids!, outputs)).toThrow('output "embedding" is float32 [batch, 768]');
  });

  it('takes an optional input or leaves it, and holds one that is there to its type and shape', () => {
    const types: TensorSpec = { dtype: 'int64', shape: ['batch', 'tokens'] };
    const expected = { ...EXPECTED, optionalInputs: { types } };
    const withTypes = (spec: TensorSpec) => () =>
      checkGraphSignature('text.onnx', expected, { ...EXPECTED, inputs: { ...EXPECTED.inputs, types: spec } });
    expect(() => checkGraphSignature('text.onnx', expected, EXPECTED)).not.toThrow();
    expect(withTypes(types)).not.toThrow();
    expect(withTypes({ dtype: 'float32', shape: ['batch', 'tokens'] })).toThrow('input "types" is float32');
    expect(withTypes({ dtype: 'int64', shape: ['batch'] })).toThrow('input "types" is int64 [batch]');
  });

  it('refuses a missing and an additional tensor', () => {
    expect(check(EXPECTED.inputs.ids!, {})).toThrow('output "embedding" is missing');
    const more = { ...EXPECTED.outputs, attention: EXPECTED.outputs.embedding! };
    expect(check(EXPECTED.inputs.ids!, more)).toThrow('unexpected output "attention"');
  });
});
