import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../../server/ingest/pictures/decode-picture.ts';
import { PictureError } from '../../../../server/ingest/pictures/picture-error.ts';
import { MAX_PIXELS } from '../../../../server/ingest/pictures/picture-header.ts';

const RED = { r: 255, g: 0, b: 0 };

function plain(width: number, height: number) {
  return sharp({ create: { width, height, channels: 3, background: RED } });
}

function meanOf(bytes: Uint8Array, channel: number): number {
  let sum = 0;
  for (let i = channel; i < bytes.length; i += 3) sum += bytes[i]!;
  return sum / (bytes.length / 3);
}

describe('decodePicture', () => {
  for (const encoding of ['jpeg', 'png', 'webp'] as const) {
    it(`decodes ${encoding} to RGB rows`, async () => {
      const bytes = await plain(32, 20).toFormat(encoding).toBuffer();
      const image = await decodeImage({ encoding, bytes });
      expect([image.widthPx, image.heightPx, image.bytes.length]).toEqual([32, 20, 32 * 20 * 3]);
      expect(meanOf(image.bytes, 0)).toBeGreaterThan(250);
      expect(meanOf(image.bytes, 1)).toBeLessThan(5);
    });
  }

  it('scales a large picture down to 640 px, keeping its proportions', async () => {
    const bytes = await plain(1600, 900).jpeg().toBuffer();
    const image = await decodeImage({ encoding: 'jpeg', bytes });
    expect([image.widthPx, image.heightPx]).toEqual([640, 360]);
  });

  it('never enlarges a small picture', async () => {
    const image = await decodeImage({ encoding: 'png', bytes: await plain(3, 2).png().toBuffer() });
    expect([image.widthPx, image.heightPx]).toEqual([3, 2]);
  });

  it('turns a picture upright by its EXIF orientation', async () => {
    const bytes = await plain(40, 20).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const image = await decodeImage({ encoding: 'jpeg', bytes });
    expect([image.widthPx, image.heightPx]).toEqual([20, 40]);
  });

  it('gives three 8-bit channels for gray, transparent and 16-bit pictures', async () => {
    const gray = await plain(16, 16).greyscale().jpeg().toBuffer();
    const transparent = await plain(16, 16).ensureAlpha(0.5).png().toBuffer();
    const deep = await plain(16, 16).toColourspace('rgb16').png().toBuffer();
    const images = await Promise.all([
      decodeImage({ encoding: 'jpeg', bytes: gray }),
      decodeImage({ encoding: 'png', bytes: transparent }),
      decodeImage({ encoding: 'png', bytes: deep }),
    ]);
    expect(images.map((image) => image.bytes.length)).toEqual([768, 768, 768]);
    expect(meanOf(images[2]!.bytes, 0)).toBeGreaterThan(250);
  });

  it('passes a raw picture on without a copy', async () => {
    const bytes = new Uint8Array(8 * 4 * 3).fill(7);
    const image = await decodeImage({ encoding: 'rgb24', widthPx: 8, heightPx: 4, bytes });
    expect(image.bytes).toBe(bytes);
  });

  it('scales a large raw picture down', async () => {
    const bytes = new Uint8Array(1280 * 720 * 3).fill(200);
    const image = await decodeImage({ encoding: 'rgb24', widthPx: 1280, heightPx: 720, bytes });
    expect([image.widthPx, image.heightPx]).toEqual([640, 360]);
    expect(image.bytes[0]).toBe(200);
  });

  it('refuses a raw picture whose size is wrong, zero, fractional or absurd', async () => {
    const bytes = new Uint8Array(12);
    for (const [widthPx, heightPx] of [
      [2, 3],
      [0, 0],
      [1.5, 2],
      [Number.NaN, 2],
      [-2, -2],
    ] as const) {
      await expect(decodeImage({ encoding: 'rgb24', widthPx, heightPx, bytes })).rejects.toMatchObject({
        code: 'unreadable',
      });
    }
    await expect(decodeImage({ encoding: 'rgb24', widthPx: 2 ** 26, heightPx: 2 ** 26, bytes })).rejects.toMatchObject({
      code: 'too-large',
    });
  });

  it('refuses more pixels than its limit before decoding them', async () => {
    const bytes = await plain(4100, 4100).png().toBuffer();
    expect(4100 * 4100).toBeGreaterThan(MAX_PIXELS.png);
    await expect(decodeImage({ encoding: 'png', bytes })).rejects.toMatchObject({ code: 'too-large' });
  });

  it('refuses bytes that are no picture, are cut short, or are another format than stated', async () => {
    const jpeg = await plain(64, 64).jpeg().toBuffer();
    const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const cases = [
      new Uint8Array(0),
      new Uint8Array(1000).map((_, i) => (i * 37) % 256),
      jpeg.subarray(0, 200),
      svg,
      await plain(8, 8).png().toBuffer(),
    ];
    for (const bytes of cases) {
      const refused = decodeImage({ encoding: 'jpeg', bytes });
      await expect(refused).rejects.toBeInstanceOf(PictureError);
      await expect(refused).rejects.toMatchObject({ code: 'unreadable' });
    }
  });
});
