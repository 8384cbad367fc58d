import { describe, expect, it } from 'vitest';
import type { AudioChunk, MediaFrame } from '../../../pipeline/index.ts';
import { FrameBatchReader, FrameBatchWriter } from '../../../server/analysis/frame-batch.ts';

const audio = (trackId: string, startMs: number, ...samples: number[]): AudioChunk => ({
  kind: 'audio',
  trackId,
  startMs,
  sampleRateHz: 8000,
  samples: Float32Array.from(samples),
});
const bound = (trackId: string, startMs: number): MediaFrame => ({ kind: 'bound', trackId, startMs });

function open() {
  const writer = new FrameBatchWriter();
  const reader = new FrameBatchReader();
  return {
    writer,
    reader,
    cross(): [number, MediaFrame][] {
      const { batch, transfer } = writer.take();
      const frames: [number, MediaFrame][] = [];
      reader.read(structuredClone(batch, { transfer }), (session, frame) => frames.push([session, frame]));
      return frames;
    },
  };
}

describe('a batch of frames', () => {
  it('gives every frame of every session in the order of arrival', () => {
    const { writer, cross } = open();
    const frames: [number, MediaFrame][] = [
      [1, audio('a', 0, 0.1, 0.2)],
      [2, audio('a', 5, 0.3)],
      [1, { kind: 'transcript', trackId: 'w', segmentId: 's', startMs: 0, endMs: 9, text: 'yes', final: true }],
      [1, audio('b', 0.5)],
      [1, audio('a', 0.25, 0.4)],
    ];
    for (const [session, frame] of frames) writer.add(session, frame);
    expect(writer.frameCount).toBe(5);
    expect(cross()).toEqual(frames);
    expect(writer.frameCount).toBe(0);
    writer.add(2, audio('a', 10, 0.5));
    expect(cross()).toEqual([[2, audio('a', 10, 0.5)]]);
  });

  it('keeps tracks apart that end, come back under the same id, and end again, within one batch', () => {
    const { writer, cross } = open();
    const frames: [number, MediaFrame][] = [
      [1, audio('a', 0, 1)],
      [1, bound('a', Number.POSITIVE_INFINITY)],
      [1, audio('a', 1, 1)],
      [1, audio('b', 1, 1)],
      [1, bound('a', Number.POSITIVE_INFINITY)],
      [1, audio('b', 2, 1)],
    ];
    for (const [session, frame] of frames) writer.add(session, frame);
    expect(cross()).toEqual(frames);
  });

  it('carries a part of a larger buffer alone, and leaves the buffer to its owner', () => {
    const { writer, cross } = open();
    const whole = new Uint8Array(1_000_000).fill(7);
    const samples = new Float32Array(1000).fill(0.5);
    writer.add(1, { ...audio('a', 0), samples: samples.subarray(10, 12) });
    writer.add(1, {
      kind: 'video',
      trackId: 'v',
      startMs: 0,
      image: { encoding: 'jpeg', bytes: whole.subarray(5, 8) },
    });
    const [[, sound], [, picture]] = cross() as [[number, AudioChunk], [number, MediaFrame & { kind: 'video' }]];
    expect(sound.samples.buffer.byteLength).toBe(8);
    expect(picture.image.bytes.buffer.byteLength).toBe(3);
    expect(samples).toHaveLength(1000);
    expect(whole).toHaveLength(1_000_000);
  });

  it('counts its media', () => {
    const { writer, cross } = open();
    writer.add(1, { ...audio('a', 0), samples: new Float32Array(800) });
    expect(writer.mediaMs).toBe(100);
    cross();
    expect(writer.mediaMs).toBe(0);
  });

  it('forgets the tracks of a session that is over', () => {
    const { writer, reader, cross } = open();
    writer.add(1, audio('a', 0, 1));
    cross();
    writer.forget(1);
    reader.forget(1);
    writer.add(1, audio('a', 1, 1));
    expect(cross()).toEqual([[1, audio('a', 1, 1)]]);
  });
});
