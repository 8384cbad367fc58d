import { beforeAll, describe, expect, it } from 'vitest';
import type { FaceModels } from '../../../../models/index.ts';
import { createFaceSeeker } from '../../../../pipeline/features/video/face-seeker.ts';
import { mapX, mapY } from '../../../../pipeline/features/video/similarity.ts';
import type { RgbImage } from '../../../../pipeline/media/rgb-image.ts';
import { localFaceModels } from '../../../support/faces/face-models.ts';
import {
  blankCanvas,
  drawPicture,
  landscapePicture,
  loadPortrait,
  noisePicture,
  PORTRAIT_EYES,
} from '../../../support/faces/pictures.ts';

let models: FaceModels;
let portrait: RgbImage;
let looks: number;
beforeAll(async () => {
  const opened = await localFaceModels();
  models = {
    landmarks: opened.landmarks,
    detect: (rgb) => {
      looks++;
      return opened.detect(rgb);
    },
  };
  portrait = await loadPortrait();
});

/** The template's eyes: the person's right one, then the left one. */
const ALIGNED_EYES = [
  [20.3, 23.9],
  [43.7, 23.9],
] as const;

function at(x: number): RgbImage {
  return drawPicture(blankCanvas(640, 480), portrait, { x, y: 240, scale: 0.9 });
}

describe('createFaceSeeker', () => {
  it('finds no one in noise or a landscape, from far or near', async () => {
    for (const picture of [noisePicture(640, 480), noisePicture(640, 480, 7), landscapePicture(640, 480)]) {
      expect(await createFaceSeeker(models).seek(picture, 0)).toBeNull();
    }
  });

  it('follows a face that moves through the picture, with one look each', async () => {
    const seeker = createFaceSeeker(models);
    expect(await seeker.seek(at(150), 0)).not.toBeNull();
    looks = 0;
    for (let i = 1; i < 6; i++) {
      const face = await seeker.seek(at(150 + 60 * i), i * 167);
      expect(face?.identity).toBe(0);
    }
    expect(looks).toBe(5);
  });

  it('follows a face that moves little by its landmarks, and searches it once a second', async () => {
    const seeker = createFaceSeeker(models);
    looks = 0;
    const eyes = PORTRAIT_EYES.map((eye) => ({ x: eye.x - portrait.widthPx / 2, y: eye.y - portrait.heightPx / 2 }));
    for (let i = 0; i < 12; i++) {
      const x = 200 + 5 * i;
      const face = await seeker.seek(at(x), i * 167);
      expect(face?.identity).toBe(0);
      for (const [index, [alignedX, alignedY]] of ALIGNED_EYES.entries()) {
        const offX = mapX(face!.toSource, alignedX, alignedY) - (x + 0.9 * eyes[index]!.x);
        const offY = mapY(face!.toSource, alignedX, alignedY) - (240 + 0.9 * eyes[index]!.y);
        expect(Math.hypot(offX, offY) / face!.sourceScale).toBeLessThan(2);
      }
    }
    // A new face is searched twice, to be sure.
    expect(looks).toBe(2 + 1);
  });

  it('searches in the same picture in which the followed face has gone, or the scene was cut', async () => {
    const seeker = createFaceSeeker(models);
    await seeker.seek(at(150), 0);
    looks = 0;
    expect(await seeker.seek(noisePicture(640, 480), 167)).toBeNull();
    expect(looks).toBe(1);
    expect((await seeker.seek(at(150), 333))?.identity).toBe(0);
    expect(looks).toBe(2);
    expect(await seeker.seek(at(500), 500)).toBeNull();
    expect(looks).toBe(3);
  });

  it('searches where another face is suddenly in the place of the followed one', async () => {
    const seeker = createFaceSeeker(models);
    await seeker.seek(at(300), 0);
    looks = 0;
    const negative = { ...portrait, bytes: portrait.bytes.map((value) => 255 - value) };
    await seeker.seek(drawPicture(blankCanvas(640, 480), negative, { x: 300, y: 240, scale: 0.9 }), 167);
    expect(looks).toBe(1);
  });

  it('gives someone new the next identity, after waiting 2 s for the one it lost', async () => {
    const seeker = createFaceSeeker(models);
    await seeker.seek(at(150), 0);
    expect(await seeker.seek(at(500), 1900)).toBeNull();
    expect((await seeker.seek(at(500), 2100))?.identity).toBe(1);
  });

  it('looks into the close-ups of a faceless video once in six pictures', async () => {
    const seeker = createFaceSeeker(models);
    looks = 0;
    for (let i = 0; i < 12; i++) await seeker.seek(landscapePicture(640, 480), i * 167);
    expect(looks).toBe(12 + 2 * 6);
  });
});
