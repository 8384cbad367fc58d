import { beforeAll, describe, expect, it } from 'vitest';
import type { FaceModels } from '../../../../models/index.ts';
import { createFaceSeeker } from '../../../../pipeline/features/video/face-seeker.ts';
import type { RgbImage } from '../../../../pipeline/media/rgb-image.ts';
import { localFaceModels } from '../../../support/faces/face-models.ts';
import {
  blankCanvas,
  drawPicture,
  landscapePicture,
  loadPortrait,
  noisePicture,
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
