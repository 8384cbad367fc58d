import { describe, expect, it, vi } from 'vitest';
import type { MemoryAccount } from '../../../pipeline/support/memory-account.ts';
import { Timeline } from '../../../pipeline/window/timeline.ts';
import { audioChunk, image } from '../../support/pipeline/frames.ts';

function setUp({ timelineMs = 320, imageBytes = 1e6 } = {}) {
  const onImageDrop = vi.fn();
  return { timeline: new Timeline({ timelineMs, imageBytes, onImageDrop }), onImageDrop };
}

const ramp = (from: number, length: number) => Float32Array.from({ length }, (_, index) => from + index);

function frames(timeline: Timeline) {
  return Array.from({ length: timeline.endIndex - timeline.firstIndex }, (_, offset) =>
    timeline.frame(timeline.firstIndex + offset),
  );
}

describe('Timeline', () => {
  it('cuts audio into whole frames, whatever its chunks', () => {
    const { timeline } = setUp();
    timeline.appendAudio(audioChunk('a', 100, ramp(0, 700)));
    timeline.appendAudio(audioChunk('a', 143.75, ramp(700, 500)));
    expect(frames(timeline).map(({ startSample, length, startsRun }) => [startSample, length, startsRun])).toEqual([
      [1600, 512, true],
      [2112, 512, false],
    ]);
    expect(timeline.frame(1).samples).toEqual(ramp(512, 512));
    expect(timeline.firstSample).toBe(1600);
  });

  it('pads the last frame of a run, and begins the next where its audio does', () => {
    const { timeline } = setUp();
    timeline.appendAudio(audioChunk('a', 0, ramp(1, 600)));
    timeline.appendAudio(audioChunk('a', 1000, ramp(1, 512)));
    expect(frames(timeline).map(({ startSample, length, startsRun }) => [startSample, length, startsRun])).toEqual([
      [0, 512, true],
      [512, 88, false],
      [16_000, 512, true],
    ]);
    expect(
      timeline
        .frame(1)
        .samples.subarray(88)
        .every((sample) => sample === 0),
    ).toBe(true);
  });

  it('leaves out audio that it has had', () => {
    const { timeline } = setUp();
    timeline.appendAudio(audioChunk('a', 0, ramp(0, 400)));
    timeline.appendAudio(audioChunk('a', 0, ramp(0, 600)));
    expect(timeline.frame(0).samples).toEqual(ramp(0, 512));
  });

  it('keeps no more audio than it may', () => {
    const { timeline } = setUp({ timelineMs: 320 });
    timeline.appendAudio(audioChunk('a', 0, ramp(0, 16_000)));
    expect([timeline.firstIndex, timeline.endIndex]).toEqual([21, 31]);
    expect(frames(timeline).map(({ startSample }) => startSample / 512)).toEqual([
      21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    ]);
  });

  it('keeps no older images than it may', () => {
    const { timeline, onImageDrop } = setUp({ timelineMs: 320 });
    for (const ms of [0, 100, 350, 420]) {
      timeline.addImage(image('v', ms));
    }
    expect(timeline.images.map(({ startMs }) => startMs)).toEqual([100, 350, 420]);
    expect(onImageDrop).not.toHaveBeenCalled();
  });

  it('keeps no more bytes of images than it may, and counts what it drops early', () => {
    const { timeline, onImageDrop } = setUp({ imageBytes: 2100 });
    for (const ms of [0, 1, 2, 3]) {
      timeline.addImage(image('v', ms));
    }
    expect(timeline.images.map(({ startMs }) => startMs)).toEqual([2, 3]);
    expect(onImageDrop).toHaveBeenCalledTimes(2);
  });
});

describe('what a Timeline holds', () => {
  it('is counted as it comes and goes, and lets the older half of the images go when memory is short', () => {
    const held = { audio: 0, pictures: 0, words: 0, features: 0 };
    let letGo = () => {};
    const memory: MemoryAccount = {
      hold: (kind, bytes) => {
        held[kind] += bytes;
      },
      onTrim: (trim) => {
        letGo = trim;
        return () => {};
      },
    };
    const onImageDrop = vi.fn();
    const timeline = new Timeline({ timelineMs: 320, imageBytes: 1e6, onImageDrop, memory });
    for (let i = 0; i < 100; i += 1) timeline.appendAudio(audioChunk('a', 32 * i, ramp(0, 512)));
    const audio = held.audio;
    expect(audio).toBeGreaterThan(10 * 512 * 4);
    timeline.appendAudio(audioChunk('a', 3200, ramp(0, 512)));
    expect(held.audio).toBe(audio);
    for (let i = 0; i < 4; i += 1) timeline.addImage(image('v', 10 * i));
    const pictures = held.pictures;
    letGo();
    expect(timeline.images.map(({ startMs }) => startMs)).toEqual([20, 30]);
    expect(held.pictures).toBe(pictures / 2);
    expect(onImageDrop).toHaveBeenCalledTimes(2);
    for (let i = 0; i < 5; i += 1) letGo();
    expect(held.pictures).toBe(0);
  });
});
