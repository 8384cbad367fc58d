import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createFaceSeeker } from '../../../../pipeline/features/video/face-seeker.ts';
import type { RgbImage } from '../../../../pipeline/media/rgb-image.ts';
import { localFaceModels } from '../../../support/faces/face-models.ts';
import { blankCanvas, drawPicture } from '../../../support/faces/pictures.ts';
import { readNpzBytes } from '../../../support/faces/read-npz.ts';

const FILE = new URL('../../../../../shared/data/fer2013/val.npz', import.meta.url);
const COUNT = 200;

if (!existsSync(FILE)) console.warn('SKIPPED: faces on FER2013 pictures, because ../shared/data/fer2013 is absent');

/** The `index`-th picture, four times as large, in the middle of a gray 384 × 384. */
function pictureOf(images: { shape: number[]; data: Uint8Array }, index: number): RgbImage {
  const side = images.shape[1]!;
  const small = blankCanvas(side, side);
  for (let i = 0; i < side * side; i++) small.bytes.fill(images.data[index * side * side + i]!, 3 * i, 3 * i + 3);
  return drawPicture(blankCanvas(384, 384, 128), small, { x: 192, y: 192, scale: 4 });
}

describe.skipIf(!existsSync(FILE))('faces on FER2013 pictures', () => {
  it(`are found in at least 95 % of ${COUNT}, and lie in the crop as they did`, async () => {
    const models = await localFaceModels();
    const images = readNpzBytes(FILE, 'images');
    const step = Math.floor(images.shape[0]! / COUNT);
    const offsetsX: number[] = [];
    const scales: number[] = [];
    for (let i = 0; i < COUNT; i++) {
      const face = await createFaceSeeker(models).seek(pictureOf(images, i * step), 0);
      if (face === null) continue;
      const { a, b, tx } = face.toSource;
      offsetsX.push((a * 32 - b * 32 + tx - 192) / 192);
      scales.push(face.sourceScale / (192 / 64));
    }
    const median = (values: number[]) => values.sort((one, other) => one - other)[values.length >> 1]!;
    console.info(
      `FER2013: ${scales.length} of ${COUNT} found, median size ${median(scales).toFixed(3)} and shift ${median(offsetsX).toFixed(3)} of the picture's side`,
    );
    expect(scales.length).toBeGreaterThanOrEqual(0.95 * COUNT);
    expect(Math.abs(median(scales) - 1)).toBeLessThan(0.06);
    expect(Math.abs(median(offsetsX))).toBeLessThan(0.03);
  });
});
