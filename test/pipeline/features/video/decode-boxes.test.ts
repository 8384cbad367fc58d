import { describe, expect, it } from 'vitest';
import { DETECTOR_ANCHOR_COUNT, DETECTOR_BOX_VALUES } from '../../../../models/index.ts';
import { decodeBoxes } from '../../../../pipeline/features/video/decode-boxes.ts';
import { DETECTION_ANCHORS } from '../../../../pipeline/features/video/detection-anchors.ts';

const IDENTITY = { a: 1, b: 0, tx: 0, ty: 0 };

function scoresOf(...found: readonly { anchor: number; logit: number; box: readonly number[] }[]) {
  const logits = new Float32Array(DETECTOR_ANCHOR_COUNT).fill(-20);
  const boxes = new Float32Array(DETECTOR_ANCHOR_COUNT * DETECTOR_BOX_VALUES);
  for (const { anchor, logit, box } of found) {
    logits[anchor] = logit;
    boxes.set(box, anchor * DETECTOR_BOX_VALUES);
  }
  return { logits, boxes };
}

describe('DETECTION_ANCHORS', () => {
  it('has two centres a cell of the 16 × 16 grid, then six a cell of the 8 × 8 grid', () => {
    expect(DETECTION_ANCHORS.length).toBe(2 * DETECTOR_ANCHOR_COUNT);
    const at = (i: number) => [DETECTION_ANCHORS[2 * i]! * 128, DETECTION_ANCHORS[2 * i + 1]! * 128];
    expect([at(0), at(1), at(2), at(32)]).toEqual([
      [4, 4],
      [4, 4],
      [12, 4],
      [4, 12],
    ]);
    expect([at(512), at(517), at(518), at(895)]).toEqual([
      [8, 8],
      [8, 8],
      [24, 8],
      [120, 120],
    ]);
  });
});

describe('decodeBoxes', () => {
  it('finds nothing where every score is low', () => {
    expect(decodeBoxes(scoresOf(), IDENTITY)).toEqual([]);
    expect(decodeBoxes(scoresOf({ anchor: 3, logit: -0.1, box: [0, 0, 20, 20] }), IDENTITY)).toEqual([]);
  });

  it('finds nothing in numbers that are none', () => {
    const { boxes } = scoresOf();
    expect(decodeBoxes({ logits: new Float32Array(DETECTOR_ANCHOR_COUNT).fill(Number.NaN), boxes }, IDENTITY)).toEqual(
      [],
    );
  });

  it('places a box about its anchor and brings it to the picture', () => {
    const scores = scoresOf({ anchor: 34, logit: 2, box: [1, -2, 30, 28, -6, -7, 6, -8] });
    const [face, ...others] = decodeBoxes(scores, { a: 5, b: 0, tx: 0, ty: -80 });
    expect(others).toEqual([]);
    expect(face).toEqual({
      centreX: 65,
      centreY: -30,
      widthPx: 150,
      heightPx: 140,
      rightEyeX: 30,
      rightEyeY: -55,
      leftEyeX: 90,
      leftEyeY: -60,
      score: expect.closeTo(1 / (1 + Math.exp(-2)), 6),
    });
  });

  it('merges candidates of one face by their scores and keeps another face apart', () => {
    const strong = { anchor: 0, logit: 100, box: [20, 20, 20, 20] };
    const weak = { anchor: 1, logit: 0, box: [23, 20, 20, 20] };
    const other = { anchor: 32, logit: 1, box: [80, 80, 20, 20] };
    const faces = decodeBoxes(scoresOf(weak, other, strong), IDENTITY);
    expect(faces.map(({ score }) => score)).toEqual([1, expect.closeTo(0.731, 3)]);
    expect(faces[0]!.centreX).toBeCloseTo(4 + (20 * 1 + 23 * 0.5) / 1.5, 5);
  });
});
