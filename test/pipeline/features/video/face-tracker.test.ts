import { describe, expect, it } from 'vitest';
import { type FaceBox, overlap } from '../../../../pipeline/features/video/face-box.ts';
import { createFaceTracker } from '../../../../pipeline/features/video/face-tracker.ts';

function face(centreX: number, sizePx: number, centreY = 200): FaceBox {
  const eye = { rightEyeX: 0, rightEyeY: 0, leftEyeX: 0, leftEyeY: 0 };
  return { centreX, centreY, widthPx: sizePx, heightPx: sizePx, ...eye, score: 0.9 };
}

describe('overlap', () => {
  it('is 1 for a box with itself, 0 for boxes apart, and a third for boxes that share half', () => {
    expect(overlap(face(50, 20), face(50, 20))).toBe(1);
    expect(overlap(face(50, 20), face(71, 20))).toBe(0);
    expect(overlap(face(50, 20), face(60, 20))).toBeCloseTo(1 / 3);
    expect(overlap(face(50, 20), face(71, 20), 1.5)).toBeGreaterThan(0);
  });
});

describe('createFaceTracker', () => {
  it('starts with the largest face', () => {
    const tracker = createFaceTracker();
    expect(tracker.candidates([face(100, 40), face(400, 90), face(250, 60)], 0).map((f) => f.widthPx)).toEqual([
      90, 60, 40,
    ]);
  });

  it('stays with the followed face when a larger one appears', () => {
    const tracker = createFaceTracker();
    expect(tracker.follow(face(100, 80), 0)).toBe(0);
    const next = tracker.candidates([face(400, 200), face(110, 82)], 167);
    expect(next).toEqual([face(110, 82)]);
  });

  it('waits for a lost face instead of taking another person', () => {
    const tracker = createFaceTracker();
    tracker.follow(face(100, 80), 0);
    expect(tracker.candidates([face(400, 60)], 500)).toEqual([]);
    expect(tracker.candidates([face(400, 60)], 2000)).toEqual([]);
    expect(tracker.candidates([face(400, 60), face(120, 85)], 2000)).toEqual([face(120, 85)]);
  });

  it('follows a head that moves by its own width between two looks', () => {
    const tracker = createFaceTracker();
    let centreX = 100;
    tracker.follow(face(centreX, 80), 0);
    for (let i = 1; i < 5; i++) {
      centreX += 75;
      const [found] = tracker.candidates([face(centreX, 80)], i * 167);
      expect(found).toBeDefined();
      expect(tracker.follow(found!, i * 167)).toBe(0);
    }
  });

  it('takes the largest face for a new person once a lost one is given up', () => {
    const tracker = createFaceTracker();
    tracker.follow(face(100, 80), 0);
    const [found] = tracker.candidates([face(400, 60), face(300, 50)], 2001);
    expect(found).toEqual(face(400, 60));
    expect(tracker.follow(found!, 2001)).toBe(1);
  });
});
