import { describe, expect, it } from 'vitest';
import type { AlignedFace } from '../../../../pipeline/features/video/align-face.ts';
import { moved } from '../../../../pipeline/features/video/face-box.ts';
import { correlation, hasMovedLittle, motionBetween } from '../../../../pipeline/features/video/followed-face.ts';

/** A face whose middle is at `x`, 240 in the picture. */
function faceAt(x: number, { scale = 1, turn = 0 } = {}): AlignedFace {
  const [a, b] = [scale * Math.cos(turn), scale * Math.sin(turn)];
  const toSource = { a, b, tx: x - (a - b) * 32, ty: 240 - (a + b) * 32 };
  return { pixels: new Uint8Array(64 * 64), sourceScale: scale, misfitPx: 0, toSource };
}

describe('a followed face', () => {
  it('has moved little up to limits of shift, size and turn, measured in its own size', () => {
    expect(hasMovedLittle(faceAt(300), faceAt(305, { scale: 1.1, turn: 0.1 }))).toBe(true);
    expect(hasMovedLittle(faceAt(300), faceAt(310))).toBe(false);
    expect(hasMovedLittle(faceAt(300, { scale: 3 }), faceAt(310, { scale: 3 }))).toBe(true);
    expect(hasMovedLittle(faceAt(300), faceAt(300, { scale: 1.3 }))).toBe(false);
    expect(hasMovedLittle(faceAt(300, { scale: 1.3 }), faceAt(300))).toBe(false);
    expect(hasMovedLittle(faceAt(300), faceAt(300, { turn: -0.3 }))).toBe(false);
  });

  it('takes its box along', () => {
    const eyes = { rightEyeX: 290, rightEyeY: 230, leftEyeX: 310, leftEyeY: 230 };
    const box = { centreX: 300, centreY: 240, widthPx: 60, heightPx: 60, ...eyes, score: 0.9 };
    const motion = motionBetween(faceAt(300), faceAt(320, { scale: 2, turn: Math.PI / 2 }));
    const now = moved(box, motion);
    const expected = { centreX: 320, centreY: 240, widthPx: 120, heightPx: 120, rightEyeX: 340, rightEyeY: 220 };
    for (const [name, value] of Object.entries({ ...expected, leftEyeX: 340, leftEyeY: 260, score: 0.9 })) {
      expect(now[name as keyof typeof now], name).toBeCloseTo(value, 9);
    }
  });
});

describe('correlation', () => {
  const ramp = Uint8Array.from({ length: 100 }, (_, i) => i);

  it('is 1 whatever the light, and -1 for a negative', () => {
    expect(
      correlation(
        ramp,
        ramp.map((value) => 2 * value + 20),
      ),
    ).toBeCloseTo(1, 3);
    expect(
      correlation(
        ramp,
        ramp.map((value) => 99 - value),
      ),
    ).toBeCloseTo(-1, 9);
  });

  it('is 0 with one gray', () => {
    expect(correlation(ramp, new Uint8Array(100).fill(7))).toBe(0);
  });
});
