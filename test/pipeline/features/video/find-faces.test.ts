import { describe, expect, it } from 'vitest';
import { closeUps, findFaces, neighbourhood, wholePicture } from '../../../../pipeline/features/video/find-faces.ts';
import { localFaceModels } from '../../../support/faces/face-models.ts';
import { blankCanvas, drawPicture, loadPortrait } from '../../../support/faces/pictures.ts';

describe('wholePicture', () => {
  it('centres the picture in its square', () => {
    expect(wholePicture(blankCanvas(640, 480))).toEqual({ leftPx: 0, topPx: -80, sidePx: 640 });
    expect(wholePicture(blankCanvas(90, 160))).toEqual({ leftPx: -35, topPx: 0, sidePx: 160 });
  });
});

describe('closeUps', () => {
  it('are squares of half the longer side that cover the picture', () => {
    const regions = closeUps(blankCanvas(640, 480));
    expect(regions.map(({ leftPx, topPx }) => [leftPx, topPx])).toEqual([
      [0, 0],
      [160, 0],
      [320, 0],
      [0, 160],
      [160, 160],
      [320, 160],
    ]);
    expect(regions.every(({ sidePx }) => sidePx === 320)).toBe(true);
    expect(closeUps(blankCanvas(300, 100)).map(({ topPx }) => topPx)).toEqual([-25, -25, -25]);
  });

  it('are none of a picture that the detector sees at full size', () => {
    expect(closeUps(blankCanvas(256, 200))).toEqual([]);
  });
});

describe('findFaces', () => {
  it('finds a face of 40 px of 640 in a close-up and about where it was, though not in the whole', async () => {
    const models = await localFaceModels();
    const picture = drawPicture(blankCanvas(640, 480), await loadPortrait(), { x: 420, y: 300, scale: 0.42 });
    expect(await findFaces(models, picture, wholePicture(picture))).toEqual([]);
    const found = [];
    for (const region of closeUps(picture)) found.push(...(await findFaces(models, picture, region)));
    expect(found.length).toBeGreaterThanOrEqual(1);
    for (const box of found) {
      const [whole, ...others] = await findFaces(models, picture, neighbourhood(picture, box));
      expect(others).toEqual([]);
      expect(Math.abs(whole!.widthPx - 0.42 * 94)).toBeLessThan(6);
    }
  });
});
