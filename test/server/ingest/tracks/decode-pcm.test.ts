import { describe, expect, it } from 'vitest';
import { decodePcm } from '../../../../server/ingest/tracks/decode-pcm.ts';

const bytesOf = (samples: Int16Array | Float32Array) => new Uint8Array(samples.buffer);

describe('decodePcm', () => {
  it('scales 16-bit samples to −1…1', () => {
    expect(decodePcm(bytesOf(Int16Array.of(-32768, 0, 16384)), 'pcm-s16le', 1)).toEqual(Float32Array.of(-1, 0, 0.5));
  });

  it('averages the channels', () => {
    expect(decodePcm(bytesOf(Float32Array.of(1, 0, -0.5, -0.5)), 'pcm-f32le', 2)).toEqual(Float32Array.of(0.5, -0.5));
  });

  it('clips floats beyond full scale', () => {
    expect(decodePcm(bytesOf(Float32Array.of(3, -3)), 'pcm-f32le', 1)).toEqual(Float32Array.of(1, -1));
  });

  it('reads from any alignment and shares no memory with what it read', () => {
    const bytes = new Uint8Array([0, ...bytesOf(Float32Array.of(0.25))]).subarray(1);
    const samples = decodePcm(bytes, 'pcm-f32le', 1)!;
    bytes.fill(0);
    expect(samples).toEqual(Float32Array.of(0.25));
  });

  it.each([
    ['not a number', bytesOf(Float32Array.of(0, Number.NaN)), 1],
    ['infinite', bytesOf(Float32Array.of(Number.POSITIVE_INFINITY)), 1],
    ['infinities that cancel out', bytesOf(Float32Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)), 2],
    ['half a sample', new Uint8Array(6), 1],
    ['one channel of two', new Uint8Array(4), 2],
  ])('refuses %s', (_what, bytes, channels) => {
    expect(decodePcm(bytes, 'pcm-f32le', channels)).toBeNull();
  });
});
