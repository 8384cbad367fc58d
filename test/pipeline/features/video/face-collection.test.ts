import { describe, expect, it } from 'vitest';
import { createFaceCollection } from '../../../../pipeline/features/video/face-collection.ts';

function faceAt(startMs: number) {
  return { startMs, pixels: new Uint8Array(4096), quality: 1 };
}

describe('createFaceCollection', () => {
  it('keeps the first 25 faces', () => {
    const collection = createFaceCollection();
    for (let i = 0; i < 30; i++) collection.add(0, faceAt(i));
    expect(collection.isFull()).toBe(true);
    expect(collection.facesBefore(100).map(({ startMs }) => startMs)).toEqual(Array.from({ length: 25 }, (_, i) => i));
  });

  it('leaves out faces from the end on', () => {
    const collection = createFaceCollection();
    for (let i = 0; i < 5; i++) collection.add(0, faceAt(i * 100));
    expect(collection.facesBefore(300).length).toBe(3);
    expect(collection.facesBefore(0)).toEqual([]);
  });

  it('gives the faces of one person only: of the one with the most', () => {
    const collection = createFaceCollection();
    collection.add(0, faceAt(0));
    for (let i = 1; i < 5; i++) collection.add(1, faceAt(i * 100));
    collection.add(2, faceAt(500));
    expect(collection.facesBefore(1000).map(({ startMs }) => startMs)).toEqual([100, 200, 300, 400]);
  });
});
