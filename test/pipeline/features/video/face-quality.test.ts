import { describe, expect, it } from 'vitest';
import { alignFace } from '../../../../pipeline/features/video/align-face.ts';
import { faceQuality, NOISY_FACE_BELOW } from '../../../../pipeline/features/video/face-quality.ts';
import { findFaces, wholePicture } from '../../../../pipeline/features/video/find-faces.ts';
import type { RgbImage } from '../../../../pipeline/media/rgb-image.ts';
import { localFaceModels } from '../../../support/faces/face-models.ts';
import { blankCanvas, drawPicture, loadPortrait } from '../../../support/faces/pictures.ts';

const GOOD = { sourceScale: 1, misfitPx: 2 };

function stripes(): Uint8Array {
  return new Uint8Array(4096).map((_, i) => (i % 8 < 4 ? 60 : 180));
}

async function qualityOf(picture: RgbImage): Promise<number> {
  const models = await localFaceModels();
  const [box] = await findFaces(models, picture, wholePicture(picture));
  return faceQuality((await alignFace(models, picture, box!))!);
}

/** Mean of the `2 · reach + 1` pixels about each, along rows and columns. */
function blurred(picture: RgbImage, reach: number): RgbImage {
  let { bytes } = picture;
  for (const stride of [3, picture.widthPx * 3]) {
    bytes = bytes.map((_, i) => {
      let sum = 0;
      for (let k = -reach; k <= reach; k++) sum += bytes[i + k * stride] ?? 0;
      return sum / (2 * reach + 1);
    });
  }
  return { ...picture, bytes };
}

describe('faceQuality', () => {
  it('is 1 for a large, sharp, contrasty, frontal face', () => {
    expect(faceQuality({ ...GOOD, pixels: stripes() })).toBe(1);
  });

  it('is 0 for one gray, and never leaves 0…1', () => {
    expect(faceQuality({ ...GOOD, pixels: new Uint8Array(4096).fill(80) })).toBe(0);
    expect(faceQuality({ sourceScale: 100, misfitPx: 0, pixels: stripes() })).toBe(1);
    expect(faceQuality({ sourceScale: 0, misfitPx: 100, pixels: stripes() })).toBe(0);
  });

  it('falls as the face shrinks and as the head turns away', () => {
    const sizes = [0.8, 0.6, 0.4, 0.25].map((sourceScale) => faceQuality({ ...GOOD, sourceScale, pixels: stripes() }));
    expect(sizes).toEqual([...sizes].sort((one, other) => other - one));
    const turns = [2, 4, 5, 6.5].map((misfitPx) => faceQuality({ ...GOOD, misfitPx, pixels: stripes() }));
    expect(turns).toEqual([...turns].sort((one, other) => other - one));
    expect(sizes.at(-1)!).toBeLessThan(NOISY_FACE_BELOW);
    expect(turns.at(-1)!).toBeLessThan(NOISY_FACE_BELOW);
  });

  it('tells a clear portrait from a blurred, a dark and a distant one', async () => {
    const portrait = await loadPortrait();
    const at = (scale: number, brightness = 1) =>
      drawPicture(blankCanvas(200, 200, 0), portrait, { x: 100, y: 100, scale, brightness });
    expect(await qualityOf(at(1))).toBeGreaterThan(0.9);
    expect(await qualityOf(blurred(at(1), 5))).toBeLessThan(NOISY_FACE_BELOW);
    expect(await qualityOf(at(1, 0.15))).toBeLessThan(NOISY_FACE_BELOW);
    expect(await qualityOf(at(0.25))).toBeLessThan(NOISY_FACE_BELOW);
  });
});
