import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../../../server/ingest/pictures/decode-picture.ts';
import { MAX_JPEG_SCANS } from '../../../../server/ingest/pictures/inspect-jpeg.ts';
import { refusePicture } from '../../../../server/ingest/pictures/inspect-picture.ts';
import { PictureError, type PictureErrorCode } from '../../../../server/ingest/pictures/picture-error.ts';
import type { CompressedEncoding } from '../../../../server/ingest/pictures/picture-header.ts';
import { seededRandom } from '../../../support/e2e/seeded-random.ts';
import { portraitJpeg } from '../../../support/faces/pictures.ts';
import {
  jpegOfManyScans,
  mutated,
  pngOf,
  webpCanvas,
  webpChunks,
  webpOf,
} from '../../../support/pictures/hostile-pictures.ts';

const photo = (widthPx = 160, heightPx = 120) => sharp(portraitJpeg()).resize(widthPx, heightPx, { fit: 'cover' });
const bytesOf = async (picture: Sharp) => new Uint8Array(await picture.toBuffer());

/** A JPEG whose start-of-frame marker is followed by other bytes. */
async function withFrame(change: (bytes: Uint8Array, at: number) => void, picture = photo().jpeg()) {
  const bytes = await bytesOf(picture);
  const at = bytes.findIndex((byte, i) => byte === 0xff && [0xc0, 0xc2].includes(bytes[i + 1]!));
  change(bytes, at);
  return bytes;
}

describe('refusePicture', () => {
  it.each<[string, CompressedEncoding, () => Sharp]>([
    ['a JPEG of a browser', 'jpeg', () => photo(640, 480).jpeg({ quality: 80 })],
    ['a JPEG without colour subsampling', 'jpeg', () => photo().jpeg({ chromaSubsampling: '4:4:4' })],
    ['a gray JPEG', 'jpeg', () => photo().greyscale().jpeg()],
    ['a progressive JPEG', 'jpeg', () => photo(640, 480).jpeg({ progressive: true })],
    [
      'a JPEG of a phone, turned, with a colour profile',
      'jpeg',
      () => photo(1200, 900).withIccProfile('p3').withMetadata({ orientation: 6 }).jpeg(),
    ],
    ['a JPEG of 12 megapixels', 'jpeg', () => photo(4032, 3024).jpeg({ quality: 60 })],
    ['a PNG', 'png', () => photo().png()],
    ['a PNG with a palette', 'png', () => photo().png({ palette: true })],
    ['a PNG with opacity', 'png', () => photo().ensureAlpha(0.5).png()],
    ['a PNG with a colour profile', 'png', () => photo().withIccProfile('p3').png()],
    ['a PNG of 16 bits', 'png', () => photo().toColourspace('rgb16').png()],
    ['a WebP', 'webp', () => photo(640, 480).webp()],
    ['a lossless WebP', 'webp', () => photo().webp({ lossless: true })],
    [
      'a WebP with opacity and data about it',
      'webp',
      () => photo().ensureAlpha(0.5).withMetadata({ orientation: 6 }).webp(),
    ],
  ])('takes %s, and it decodes', async (_, encoding, picture) => {
    const bytes = await bytesOf(picture());
    expect(refusePicture(encoding, bytes)).toBeNull();
    const { widthPx, heightPx, bytes: rgb } = decodePicture({ encoding, bytes });
    expect(rgb.length).toBe(widthPx * heightPx * 3);
  });

  it.each<[string, CompressedEncoding, PictureErrorCode, () => Uint8Array | Promise<Uint8Array>]>([
    ['a JPEG of thousands of scans', 'jpeg', 'too-costly', () => jpegOfManyScans(4096, 4096, 18_000)],
    ['a JPEG of one scan too many', 'jpeg', 'too-costly', () => jpegOfManyScans(640, 480, MAX_JPEG_SCANS)],
    [
      'a large JPEG of as many scans as a small one may have',
      'jpeg',
      'too-costly',
      () => jpegOfManyScans(4096, 4096, 20),
    ],
    ['a JPEG with arithmetic coding', 'jpeg', 'unsupported', () => withFrame((bytes, at) => bytes.set([0xc9], at + 1))],
    ['a lossless JPEG', 'jpeg', 'unsupported', () => withFrame((bytes, at) => bytes.set([0xc3], at + 1))],
    ['a JPEG of 12 bits', 'jpeg', 'unsupported', () => withFrame((bytes, at) => bytes.set([12], at + 4))],
    ['a JPEG in CMYK', 'jpeg', 'unsupported', () => bytesOf(photo().toColourspace('cmyk').jpeg())],
    [
      'a JPEG that samples colour thrice',
      'jpeg',
      'unsupported',
      () => withFrame((bytes, at) => bytes.set([0x33], at + 11)),
    ],
    ['a JPEG without a height', 'jpeg', 'unreadable', () => withFrame((bytes, at) => bytes.set([0, 0], at + 5))],
    [
      'a JPEG of 65,535 × 65,535',
      'jpeg',
      'too-large',
      () => withFrame((bytes, at) => bytes.set([255, 255, 255, 255], at + 5)),
    ],
    ['a JPEG whose baseline scans repeat', 'jpeg', 'too-costly', () => repeatedScans()],
    ['a PNG of 1 × 16,777,216', 'png', 'too-large', () => pngOf({ widthPx: 1, heightPx: 16_777_216 })],
    [
      'a PNG of 2³¹ − 1 a side',
      'png',
      'too-large',
      () => pngOf({ widthPx: 2 ** 31 - 1, heightPx: 2 ** 31 - 1, pixels: new Uint8Array(9) }),
    ],
    ['an interlaced PNG', 'png', 'unsupported', () => bytesOf(photo().png({ progressive: true }))],
    [
      'an animated PNG',
      'png',
      'unsupported',
      () => pngOf({ widthPx: 8, heightPx: 8, chunks: [['acTL', new Uint8Array(8)]] }),
    ],
    [
      'a PNG of 16 bits in a palette',
      'png',
      'unreadable',
      () => pngOf({ widthPx: 8, heightPx: 8, bitDepth: 16, colourType: 3 }),
    ],
    [
      'a PNG of a palette that is missing',
      'png',
      'unreadable',
      () => pngOf({ widthPx: 8, heightPx: 8, colourType: 3 }),
    ],
    [
      'a PNG with a chunk that must be known',
      'png',
      'unreadable',
      () => pngOf({ widthPx: 8, heightPx: 8, chunks: [['EVIL', new Uint8Array(8)]] }),
    ],
    [
      'a PNG of a million chunks',
      'png',
      'too-costly',
      () =>
        pngOf({
          widthPx: 8,
          heightPx: 8,
          chunks: Array.from({ length: 20_000 }, () => ['tEXt', new Uint8Array(0)] as const),
        }),
    ],
    ['an animated WebP', 'webp', 'unsupported', animatedWebp],
    [
      'a WebP whose canvas is larger than its picture',
      'webp',
      'unreadable',
      async () => webpOf([['VP8X', webpCanvas(4096, 2048)], ...webpChunks(await bytesOf(photo().webp()))]),
    ],
    [
      'a WebP whose canvas is huge',
      'webp',
      'too-large',
      async () => webpOf([['VP8X', webpCanvas(16_000_000, 16_000_000)], ...webpChunks(await bytesOf(photo().webp()))]),
    ],
    [
      'a WebP with two pictures',
      'webp',
      'unreadable',
      async () => {
        const chunks = webpChunks(await bytesOf(photo().webp()));
        return webpOf([...chunks, ...chunks]);
      },
    ],
    ['a WebP of no picture', 'webp', 'unreadable', () => webpOf([['VP8X', webpCanvas(8, 8)]])],
  ])('refuses %s', async (_, encoding, code, make) => {
    const bytes = await make();
    const before = process.threadCpuUsage();
    const refusal = refusePicture(encoding, bytes);
    expect(refusal).toBeInstanceOf(PictureError);
    expect(refusal?.code).toBe(code);
    // Reading headers is no work: seconds of the processor would mean that something was decoded.
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(2000);
    expect(() => decodePicture({ encoding, bytes })).toThrow(expect.objectContaining({ code }));
  });

  it('lets no other format in, whatever it says it is', async () => {
    const others = [
      new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      new TextEncoder().encode('%PDF-1.7\n'),
      await bytesOf(photo().gif()),
      await bytesOf(photo().tiff()),
      await bytesOf(photo(32, 32).avif({ effort: 0 })),
    ];
    for (const bytes of others) {
      for (const encoding of ['jpeg', 'png', 'webp'] as const) {
        expect(refusePicture(encoding, bytes)?.code).toBe('unreadable');
        expect(() => decodePicture({ encoding, bytes })).toThrow(PictureError);
      }
    }
  });

  it('refuses one format under the name of another', async () => {
    const pictures = {
      jpeg: await bytesOf(photo().jpeg()),
      png: await bytesOf(photo().png()),
      webp: await bytesOf(photo().webp()),
    };
    for (const [real, bytes] of Object.entries(pictures)) {
      for (const stated of ['jpeg', 'png', 'webp'] as const) {
        if (stated !== real) expect(refusePicture(stated, bytes)?.code).toBe('unreadable');
      }
    }
  });

  it('refuses a picture that is cut short anywhere', async () => {
    for (const encoding of ['jpeg', 'png', 'webp'] as const) {
      const bytes = await bytesOf(photo(32, 32).toFormat(encoding));
      for (let length = 0; length < bytes.length - 1; length++) {
        expect(refusePicture(encoding, bytes.subarray(0, length))?.code).toBe('unreadable');
      }
    }
  });
});

describe('decodePicture, given what is made to harm', () => {
  it('inflates no more than the pixels that a PNG has', () => {
    const bomb = pngOf({ widthPx: 8, heightPx: 8, pixels: new Uint8Array(64 * 1024 * 1024) });
    expect(() => decodePicture({ encoding: 'png', bytes: bomb })).toThrow(
      expect.objectContaining({ code: 'unreadable' }),
    );
  });

  it('never inflates a colour profile or a text', () => {
    const bomb = deflateSync(new Uint8Array(64 * 1024 * 1024));
    const chunks = (['iCCP', 'zTXt', 'iTXt'] as const).map(
      (name) => [name, Buffer.concat([Buffer.from('x\0\0'), bomb])] as const,
    );
    const bytes = pngOf({ widthPx: 8, heightPx: 8, chunks });
    const before = process.memoryUsage().arrayBuffers;
    expect(decodePicture({ encoding: 'png', bytes }).bytes.length).toBe(192);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  });

  it('leaves nothing of a picture for the next one to see', async () => {
    const secret = await bytesOf(
      sharp({ create: { width: 640, height: 480, channels: 3, background: '#ff00ff' } }).jpeg(),
    );
    decodePicture({ encoding: 'jpeg', bytes: secret });
    // A frame with no data behind it: libjpeg paints what is missing gray.
    const empty = await withFrame(() => {}, sharp(secret).jpeg());
    const scan = empty.findIndex((byte, i) => byte === 0xff && empty[i + 1] === 0xda);
    const bytes = new Uint8Array([...empty.subarray(0, scan + 14), 0xff, 0xd9]);
    const { bytes: rgb } = decodePicture({ encoding: 'jpeg', bytes });
    const seen = new Set(rgb);
    expect(seen.size).toBe(1);
  });

  it('survives changed bytes of any kind, and decodes the next picture as before', async () => {
    const random = seededRandom(11);
    for (const encoding of ['jpeg', 'png', 'webp'] as const) {
      const originals = await Promise.all([
        bytesOf(photo(64, 48).toFormat(encoding)),
        bytesOf(
          photo(48, 64)
            .ensureAlpha(0.5)
            .toFormat(encoding === 'jpeg' ? 'webp' : encoding),
        ),
        bytesOf(
          encoding === 'jpeg'
            ? photo(64, 48).jpeg({ progressive: true })
            : photo(64, 48).greyscale().toFormat(encoding),
        ),
      ]);
      const valid = originals.filter((bytes) => refusePicture(encoding, bytes) === null);
      const expected = decodePicture({ encoding, bytes: valid[0]! });
      for (let i = 0; i < 400; i++) {
        const bytes = mutated(valid[i % valid.length]!, random);
        try {
          const { widthPx, heightPx, bytes: rgb } = decodePicture({ encoding, bytes });
          expect(rgb.length).toBe(widthPx * heightPx * 3);
        } catch (error) {
          expect(error).toBeInstanceOf(PictureError);
        }
      }
      expect(decodePicture({ encoding, bytes: valid[0]! })).toEqual(expected);
    }
  });
});

/** Baseline, its three components in scans of their own, and one of them over and over. */
async function repeatedScans(): Promise<Uint8Array> {
  const bytes = await bytesOf(photo(64, 48).jpeg());
  const at = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xda);
  const scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x55, 0x55];
  return new Uint8Array([...bytes.subarray(0, at), ...new Array(100).fill(scan).flat(), 0xff, 0xd9]);
}

async function animatedWebp(): Promise<Uint8Array> {
  const frames = await Promise.all([photo(16, 16).png().toBuffer(), photo(16, 16).negate().png().toBuffer()]);
  return bytesOf(sharp(frames, { join: { animated: true } }).webp());
}
