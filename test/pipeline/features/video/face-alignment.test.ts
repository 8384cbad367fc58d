import { beforeAll, describe, expect, it } from 'vitest';
import type { FaceModels } from '../../../../models/index.ts';
import { alignFace } from '../../../../pipeline/features/video/align-face.ts';
import { FACE_TEMPLATE } from '../../../../pipeline/features/video/face-template.ts';
import { findFaces, wholePicture } from '../../../../pipeline/features/video/find-faces.ts';
import { invert, mapX, mapY } from '../../../../pipeline/features/video/similarity.ts';
import type { RgbImage } from '../../../../pipeline/media/rgb-image.ts';
import { localFaceModels } from '../../../support/faces/face-models.ts';
import {
  blankCanvas,
  drawPicture,
  landscapePicture,
  loadPortrait,
  noisePicture,
  type Placement,
  PORTRAIT_EYES,
  placePoint,
} from '../../../support/faces/pictures.ts';

const MIDDLE = { x: 320, y: 240, scale: 1.5 };

let models: FaceModels;
let portrait: RgbImage;
beforeAll(async () => {
  models = await localFaceModels();
  portrait = await loadPortrait();
});

/** How far from the template's eyes, px at 64 × 64, the hand-placed eyes of a portrait drawn on 640 × 480 come to lie. */
async function eyeErrors(placement: Placement): Promise<number[]> {
  const canvas = drawPicture(blankCanvas(640, 480), portrait, placement);
  const [box] = await findFaces(models, canvas, wholePicture(canvas));
  const face = await alignFace(models, canvas, box!);
  const toTemplate = invert(face!.toSource);
  return PORTRAIT_EYES.map((eye, i) => {
    const { x, y } = placePoint(portrait, placement, eye);
    return Math.hypot(
      mapX(toTemplate, x, y) - FACE_TEMPLATE[2 * i]!,
      mapY(toTemplate, x, y) - FACE_TEMPLATE[2 * i + 1]!,
    );
  });
}

describe('a face found and aligned', () => {
  it.each<[string, Placement]>([
    ['as it is', MIDDLE],
    ['a third smaller', { ...MIDDLE, scale: 1 }],
    ['a third larger', { ...MIDDLE, scale: 2 }],
    ['turned by −20°', { ...MIDDLE, degrees: -20 }],
    ['turned by −10°', { ...MIDDLE, degrees: -10 }],
    ['turned by 10°', { ...MIDDLE, degrees: 10 }],
    ['turned by 20°', { ...MIDDLE, degrees: 20 }],
    ['in the upper left', { ...MIDDLE, x: 180, y: 170 }],
    ['in the lower right', { ...MIDDLE, x: 470, y: 330 }],
    ['small, turned and aside', { x: 500, y: 150, scale: 1, degrees: 20 }],
    ['large, turned and aside', { x: 250, y: 260, scale: 1.9, degrees: -20 }],
    ['in half the light', { ...MIDDLE, brightness: 0.5 }],
  ])('has its eyes within 2 px of the template: %s', async (_, placement) => {
    expect(Math.max(...(await eyeErrors(placement)))).toBeLessThan(2);
  });

  it('keeps its eyes within 2 px over every scale, turn and shift of a grid', async () => {
    let worst = 0;
    for (const scale of [0.9, 1.2, 1.5, 1.8]) {
      for (const degrees of [-20, -7, 7, 20]) {
        for (const x of [260, 330, 400]) {
          worst = Math.max(worst, ...(await eyeErrors({ x, y: 235, scale, degrees })));
        }
      }
    }
    expect(worst).toBeLessThan(2);
  });

  it('is found once', async () => {
    const canvas = drawPicture(blankCanvas(640, 480), portrait, MIDDLE);
    expect((await findFaces(models, canvas, wholePicture(canvas))).length).toBe(1);
  });

  it('is found in upright and in wide pictures', async () => {
    for (const [widthPx, heightPx] of [
      [360, 640],
      [640, 200],
      [256, 256],
      [120, 120],
    ] as const) {
      const placement = { x: widthPx / 2, y: heightPx / 2, scale: Math.min(widthPx, heightPx) / 256 };
      const canvas = drawPicture(blankCanvas(widthPx, heightPx), portrait, placement);
      expect((await findFaces(models, canvas, wholePicture(canvas))).length).toBe(1);
    }
  });
});

describe('pictures without a face', () => {
  it.each<[string, RgbImage]>([
    ['noise', noisePicture(640, 480)],
    ['a landscape', landscapePicture(640, 480)],
    ['one gray', blankCanvas(640, 480)],
    ['black', blankCanvas(640, 480, 0)],
    ['a single pixel', blankCanvas(1, 1)],
    ['a line', noisePicture(640, 1)],
  ])('give none: %s', async (_, picture) => {
    expect(await findFaces(models, picture, wholePicture(picture))).toEqual([]);
  });
});

describe('alignFace', () => {
  it('takes no box for a face whose landmarks are not those of one', async () => {
    const canvas = drawPicture(blankCanvas(640, 480), portrait, MIDDLE);
    const [box] = await findFaces(models, canvas, wholePicture(canvas));
    const line = new Float32Array(136).map((_, i) => i / 136);
    expect(await alignFace({ ...models, landmarks: () => Promise.resolve(line) }, canvas, box!)).toBeNull();
    const nowhere: FaceModels = { ...models, landmarks: () => Promise.resolve(new Float32Array(136).fill(Number.NaN)) };
    expect(await alignFace(nowhere, canvas, box!)).toBeNull();
  });
});
