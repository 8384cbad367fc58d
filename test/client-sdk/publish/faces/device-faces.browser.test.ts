import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFaceSeeker } from '../../../../pipeline/features/video/face-seeker.ts';
import { invert, mapX, mapY, type Similarity } from '../../../../pipeline/features/video/similarity.ts';
import { decodeImage } from '../../../../server/ingest/pictures/decode-picture.ts';
import { bundleForPage, serveMediaPipe, watchErrors } from '../../../support/client-sdk/device-faces.ts';
import { hasChromium, openContext, sharedBrowser } from '../../../support/dashboard/browser-page.ts';
import { localFaceModels } from '../../../support/faces/face-models.ts';
import {
  blankCanvas,
  drawPicture,
  landscapePicture,
  loadPortrait,
  type Placement,
} from '../../../support/faces/pictures.ts';

const PAGE = `
export { createFaceCropper } from './publish/faces/face-cropper.ts';
export { createFaceFinder } from './publish/faces/face-finder.ts';
export { openFaceDetector } from './publish/faces/open-face-detector.ts';
`;
type PageSdk = typeof import('../../../../client-sdk/publish/faces/face-cropper.ts') &
  typeof import('../../../../client-sdk/publish/faces/face-finder.ts') &
  typeof import('../../../../client-sdk/publish/faces/open-face-detector.ts');

interface DeviceFace {
  readonly pixels: number[];
  readonly toSource: Similarity;
}

const MIDDLE = { x: 320, y: 240, scale: 1.5 };
const PLACEMENTS: [string, Placement][] = [
  ['as it is', MIDDLE],
  ['a third smaller', { ...MIDDLE, scale: 1 }],
  ['a third larger', { ...MIDDLE, scale: 2 }],
  ['turned by −15°', { ...MIDDLE, degrees: -15 }],
  ['turned by 15°', { ...MIDDLE, degrees: 15 }],
  ['in the upper left', { ...MIDDLE, x: 190, y: 180 }],
  ['small and aside', { x: 500, y: 150, scale: 0.8 }],
  ['in half the light', { ...MIDDLE, brightness: 0.5 }],
];

describe.skipIf(!hasChromium)('a face found on the device', () => {
  let page: Page;
  let strangers: string[];
  let errors: string[];

  beforeAll(async () => {
    const opened = await openContext(await sharedBrowser());
    const { context } = opened;
    strangers = await serveMediaPipe(context);
    await context.route('http://127.0.0.1/', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<title>Faces</title>' }),
    );
    page = opened.page;
    errors = watchErrors(page);
    await page.goto('http://127.0.0.1/');
    await page.addScriptTag({ content: await bundleForPage(PAGE) });
    await page.evaluate(async () => {
      const { openFaceDetector, createFaceCropper } = (globalThis as unknown as { sdk: PageSdk }).sdk;
      Object.assign(globalThis, { detector: await openFaceDetector({}), cropper: createFaceCropper() });
    });
  });
  afterAll(() => page?.context().close());

  /** What the device makes of a picture. */
  function onDevice(png: Buffer): Promise<DeviceFace | null> {
    return page.evaluate(
      async (address) => {
        const { sdk, detector, cropper } = globalThis as unknown as {
          sdk: PageSdk;
          detector: Awaited<ReturnType<PageSdk['openFaceDetector']>>;
          cropper: ReturnType<PageSdk['createFaceCropper']>;
        };
        const image = new Image();
        image.src = address;
        await image.decode();
        const canvas = document.createElement('canvas');
        canvas.width = image.width;
        canvas.height = image.height;
        canvas.getContext('2d')!.drawImage(image, 0, 0);
        const toSource = sdk.createFaceFinder(detector).find(canvas, 0);
        return toSource && { toSource, pixels: [...cropper.crop(canvas, toSource)] };
      },
      `data:image/png;base64,${png.toString('base64')}`,
    );
  }

  async function onServer(png: Buffer) {
    const image = await decodeImage({ encoding: 'png', bytes: png });
    return createFaceSeeker(await localFaceModels()).seek(image, 0);
  }

  it.each(PLACEMENTS)('looks like the one that the server finds: %s', async (name, placement) => {
    const canvas = drawPicture(blankCanvas(640, 480), await loadPortrait(), placement);
    const { widthPx: width, heightPx: height, bytes } = canvas;
    const png = await sharp(bytes, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    const [device, server] = [await onDevice(png), await onServer(png)];
    expect(device).not.toBeNull();
    const likeness = correlation(device!.pixels, server!.pixels);
    const offsets = eyeOffsets(device!.toSource, server!.toSource);
    console.info(
      `${name}: r = ${likeness.toFixed(3)}, eyes off by ${offsets.map((px) => px.toFixed(2)).join(' and ')} px`,
    );
    expect(likeness).toBeGreaterThan(0.85);
    expect(Math.max(...offsets)).toBeLessThan(2);
  });

  it('is not found where there is none', async () => {
    const { widthPx: width, heightPx: height, bytes } = landscapePicture(640, 480);
    expect(
      await onDevice(
        await sharp(bytes, { raw: { width, height, channels: 3 } })
          .png()
          .toBuffer(),
      ),
    ).toBeNull();
  });

  it('costs no request to anybody but the page’s own server, and no error', () => {
    expect(strangers).toEqual([]);
    expect(errors).toEqual([]);
  });
});

describe('the version of MediaPipe that is developed with', () => {
  it('knows no address to report to', () => {
    const bundle = readFileSync(new URL(import.meta.resolve('@mediapipe/tasks-vision')), 'utf8');
    expect(bundle).not.toMatch(/https?:\/\//);
  });
});

/** Where the server's crop has the eyes, and where the device's has the same spots of the picture: their distances, px. */
function eyeOffsets(device: Similarity, server: Similarity): number[] {
  const toDevice = invert(device);
  return [
    [20.3, 23.9],
    [43.7, 23.9],
  ].map(([x, y]) => {
    const [sx, sy] = [mapX(server, x!, y!), mapY(server, x!, y!)];
    return Math.hypot(mapX(toDevice, sx, sy) - x!, mapY(toDevice, sx, sy) - y!);
  });
}

function correlation(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  const [m, n] = [mean(one), mean(other)];
  let [both, left, right] = [0, 0, 0];
  for (let i = 0; i < one.length; i++) {
    const [a, b] = [one[i]! - m, other[i]! - n];
    both += a * b;
    left += a * a;
    right += b * b;
  }
  return both / Math.sqrt(left * right);
}
