import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { FaceGroups, FaceModels } from '../../../../models/index.ts';
import { createFaceSeeker } from '../../../../pipeline/features/video/face-seeker.ts';
import { createFaceStream, type FaceStream } from '../../../../pipeline/features/video/face-stream.ts';
import type { StillImage, VideoImage } from '../../../../pipeline/media/media-frame.ts';
import type { DecodeImage, RgbImage } from '../../../../pipeline/media/rgb-image.ts';
import { decodeImage } from '../../../../server/ingest/pictures/decode-picture.ts';
import { localFaceModels } from '../../../support/faces/face-models.ts';
import {
  blankCanvas,
  drawPicture,
  landscapePicture,
  loadPortrait,
  portraitJpeg,
} from '../../../support/faces/pictures.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';

const FRAME_MS = 1000 / 30;
const SAMPLE_MS = 5 * FRAME_MS;

let models: FaceModels;
let portrait: RgbImage;
beforeAll(async () => {
  models = await localFaceModels();
  portrait = await loadPortrait();
});

function video(startMs: number, image: VideoImage['image']): VideoImage {
  return { kind: 'video', trackId: 'camera', startMs, image };
}

function raw(picture: RgbImage): StillImage {
  return { encoding: 'rgb24', ...picture };
}

function jpeg(): StillImage {
  return { encoding: 'jpeg', bytes: portraitJpeg() };
}

function openStream(
  options: { readonly maxPendingImages?: number; readonly decodeImage?: DecodeImage } = {},
): FaceStream {
  return createFaceStream({ faces: models, decodeImage, maxPendingImages: 64, ...options });
}

/** Mean gray of each collected face, in order. */
function brightnessOfFaces({ pixels, faceCount }: FaceGroups): number[] {
  const faces: number[] = [];
  for (let i = 0; i < faceCount; i++) {
    const group = Math.min(4, Math.floor(i / 5));
    const at = (group * 10 + (i - group * 5)) * 4096;
    faces.push(pixels.subarray(at, at + 4096).reduce((sum, value) => sum + value, 0) / 4096);
  }
  return faces;
}

describe('createFaceStream', () => {
  it('gives six faces a second of a 30-a-second video', async () => {
    const stream = openStream();
    for (let i = 0; i < 60; i++) stream.push(video(i * FRAME_MS, jpeg()));
    const result = await stream.finish(2000);
    expect(result.faces?.faceCount).toBe(12);
    expect(result.state).toBe('ok');
    expect(result.quality).toBeGreaterThan(0.9);
  });

  it('stops at 25 faces and looks at nothing more', async () => {
    const decode = vi.fn(decodeImage);
    const stream = openStream({ decodeImage: decode });
    for (let i = 0; i < 40; i++) stream.push(video(i * SAMPLE_MS, jpeg()));
    expect((await stream.finish(60_000)).faces?.faceCount).toBe(25);
    expect(decode).toHaveBeenCalledTimes(25);
  });

  it('leaves out pictures from the end of the utterance on', async () => {
    const stream = openStream();
    for (let i = 0; i < 10; i++) stream.push(video(1000 + i * SAMPLE_MS, jpeg()));
    expect((await stream.finish(1000 + 3.5 * SAMPLE_MS)).faces?.faceCount).toBe(4);
  });

  it('is absent without pictures, and with pictures that show no face', async () => {
    const absent = { faces: null, quality: null, state: 'absent' };
    expect(await openStream().finish(1000)).toEqual(absent);
    const stream = openStream();
    for (let i = 0; i < 3; i++) stream.push(video(i * SAMPLE_MS, raw(landscapePicture(320, 240))));
    expect(await stream.finish(1000)).toEqual(absent);
  });

  it('takes a face that its source has aligned as it is, without a look', async () => {
    const detect = vi.spyOn(models, 'detect');
    const { pixels } = (await createFaceSeeker(models).seek(portrait, 0))!;
    detect.mockClear();
    const stream = openStream();
    for (let i = 0; i < 3; i++) stream.push(video(i * SAMPLE_MS, { encoding: 'face-gray-64', bytes: pixels }));
    const result = await stream.finish(5000);
    expect(detect).not.toHaveBeenCalled();
    expect([result.state, result.faces?.faceCount]).toEqual(['ok', 3]);
    expect(result.faces?.pixels.subarray(0, pixels.length)).toEqual(pixels);
    detect.mockRestore();
  });

  it('takes crops from after a pause of more than 2 s for somebody else', async () => {
    const stream = openStream();
    const crop = (gray: number) => ({ encoding: 'face-gray-64', bytes: new Uint8Array(4096).fill(gray) }) as const;
    for (let i = 0; i < 4; i++) stream.push(video(i * SAMPLE_MS, crop(40)));
    for (let i = 0; i < 3; i++) stream.push(video(3000 + i * SAMPLE_MS, crop(90)));
    const { faces } = await stream.finish(9000);
    expect(brightnessOfFaces(faces!)).toEqual([40, 40, 40, 40]);
  });

  it('is noisy when the face is seen in few of the pictures', async () => {
    const stream = openStream();
    for (let i = 0; i < 9; i++) stream.push(video(i * SAMPLE_MS, i < 2 ? jpeg() : raw(landscapePicture(320, 240))));
    const result = await stream.finish(5000);
    expect(result.state).toBe('noisy');
    expect(result.faces?.faceCount).toBe(2);
    expect(result.quality).toBeLessThan(0.25);
  });

  it('counts a picture that is none as one without a face, and goes on', async () => {
    const stream = openStream();
    for (let i = 0; i < 6; i++) {
      const garbage: StillImage = { encoding: 'jpeg', bytes: new Uint8Array(500).fill(i) };
      stream.push(video(i * SAMPLE_MS, i % 2 === 0 ? jpeg() : garbage));
    }
    const result = await stream.finish(2000);
    expect(result.faces?.faceCount).toBe(3);
    expect(result.quality).toBeLessThan(0.6);
    expect(stream.counts()).toEqual({ sampled: 6, dropped: 0, failed: 3, late: 0 });
  });

  it('is absent, not broken, when the models or the decoder fail', async () => {
    const broken: FaceModels = { ...models, detect: () => Promise.reject(new Error('gone')) };
    const throwing: DecodeImage = () => {
      throw new Error('gone');
    };
    for (const options of [
      { faces: broken, decodeImage },
      { faces: models, decodeImage: throwing },
    ]) {
      const stream = createFaceStream(options);
      stream.push(video(0, jpeg()));
      expect((await stream.finish(1000)).state).toBe('absent');
      expect(stream.counts().failed).toBe(1);
    }
  });

  it('finds a face that is too small to be seen in the whole picture', async () => {
    const stream = openStream();
    const canvas = drawPicture(blankCanvas(640, 480), portrait, { x: 420, y: 300, scale: 0.42 });
    for (let i = 0; i < 3; i++) stream.push(video(i * SAMPLE_MS, raw(canvas)));
    expect((await stream.finish(1000)).faces?.faceCount).toBe(3);
  });

  it('keeps the larger of two faces', async () => {
    const stream = openStream();
    const canvas = blankCanvas(640, 480);
    drawPicture(canvas, portrait, { x: 470, y: 240, scale: 0.8, brightness: 0.5 });
    drawPicture(canvas, portrait, { x: 180, y: 240, scale: 1.3 });
    for (let i = 0; i < 3; i++) stream.push(video(i * SAMPLE_MS, raw(canvas)));
    const { faces } = await stream.finish(1000);
    expect(faces?.faceCount).toBe(3);
    for (const brightness of brightnessOfFaces(faces!)) expect(brightness).toBeGreaterThan(100);
  });

  it('waits for a lost face while another person is in the picture', async () => {
    const stream = openStream();
    const both = blankCanvas(640, 480);
    drawPicture(both, portrait, { x: 470, y: 240, scale: 0.8, brightness: 0.5 });
    const alone = { ...both, bytes: both.bytes.slice() };
    drawPicture(both, portrait, { x: 180, y: 240, scale: 1.3 });
    const pictures = [both, both, alone, alone, alone, alone, both, both];
    pictures.forEach((picture, i) => {
      stream.push(video(i * SAMPLE_MS, raw(picture)));
    });
    const { faces } = await stream.finish(5000);
    expect(faces?.faceCount).toBe(4);
    for (const brightness of brightnessOfFaces(faces!)) expect(brightness).toBeGreaterThan(100);
  });

  it('never mixes two people: when one leaves for good, whoever was seen longer counts', async () => {
    const stream = openStream();
    const first = drawPicture(blankCanvas(640, 480), portrait, { x: 180, y: 240, scale: 1.3 });
    const second = drawPicture(blankCanvas(640, 480), portrait, { x: 470, y: 240, scale: 1, brightness: 0.5 });
    for (let i = 0; i < 24; i++) stream.push(video(i * SAMPLE_MS, raw(i < 3 ? first : second)));
    const { faces } = await stream.finish(60_000);
    // The first person is waited for, 2 s after the last look that saw them.
    expect(faces?.faceCount).toBe(24 - 3 - 12);
    for (const brightness of brightnessOfFaces(faces!)) expect(brightness).toBeLessThan(100);
  });

  it('drops the oldest waiting pictures when decoding falls behind, and counts them', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const decoded: number[] = [];
    const slow: DecodeImage = async (image) => {
      decoded.push(image.bytes.length);
      await gate;
      return decodeImage(jpeg());
    };
    const stream = openStream({ decodeImage: slow, maxPendingImages: 4 });
    for (let i = 0; i < 10; i++) {
      stream.push(video(i * SAMPLE_MS, { encoding: 'jpeg', bytes: new Uint8Array(i) }));
    }
    expect(stream.counts()).toEqual({ sampled: 10, dropped: 5, failed: 0, late: 0 });
    release();
    expect((await stream.finish(5000)).faces?.faceCount).toBe(5);
    expect(decoded).toEqual([0, 6, 7, 8, 9]);
  });

  it('waits only so long for pictures at its end, tells what it has seen, and counts the rest', async () => {
    const clock = new ManualClock();
    const drops: string[] = [];
    const never = new Promise<RgbImage>(() => {});
    let decoded = 0;
    let signal: AbortSignal | undefined;
    const stalls: DecodeImage = (image, given) => {
      decoded++;
      signal = given;
      return decoded <= 2 ? decodeImage(image) : never;
    };
    const stream = createFaceStream({
      faces: models,
      decodeImage: stalls,
      clock,
      waitMs: 2000,
      onDrop: (reason) => drops.push(reason),
    });
    for (let i = 0; i < 6; i++) stream.push(video(i * SAMPLE_MS, jpeg()));
    const result = stream.finish(5000);
    await expect.poll(() => decoded).toBe(3);
    clock.advance(1999);
    expect(stream.counts().late).toBe(0);
    clock.advance(1);
    const { faces, state } = await result;
    expect([faces?.faceCount, state]).toEqual([2, 'ok']);
    expect(stream.counts()).toEqual({ sampled: 6, dropped: 0, failed: 0, late: 4 });
    expect(drops).toEqual(new Array(4).fill('picture-late'));
    expect(signal?.aborted).toBe(true);
    expect(stream.pendingFromMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('is not kept waiting by a wait when all has been looked at', async () => {
    const clock = new ManualClock();
    const stream = createFaceStream({ faces: models, decodeImage, clock, waitMs: 2000 });
    for (let i = 0; i < 3; i++) stream.push(video(i * SAMPLE_MS, jpeg()));
    expect((await stream.finish(5000)).faces?.faceCount).toBe(3);
    expect(stream.counts().late).toBe(0);
  });

  it('gives up what it has when it is abandoned', async () => {
    let signal: AbortSignal | undefined;
    const stalls: DecodeImage = (_, given) => {
      signal = given;
      return new Promise(() => {});
    };
    const stream = openStream({ decodeImage: stalls });
    for (let i = 0; i < 3; i++) stream.push(video(i * SAMPLE_MS, jpeg()));
    stream.abandon();
    expect(signal?.aborted).toBe(true);
    expect((await stream.finish(5000)).state).toBe('absent');
    expect(stream.counts().late).toBe(3);
  });

  it('gives the same result however the pictures are spread over time', async () => {
    const atOnce = openStream();
    const spread = openStream();
    for (let i = 0; i < 5; i++) {
      const picture = drawPicture(blankCanvas(320, 240), portrait, { x: 150 + 5 * i, y: 120, scale: 0.9 });
      atOnce.push(video(i * SAMPLE_MS, raw(picture)));
      spread.push(video(i * SAMPLE_MS, raw(picture)));
      await new Promise((resolve) => setTimeout(resolve, 5 * i));
    }
    expect(await spread.finish(5000)).toEqual(await atOnce.finish(5000));
  });

  it('ignores pictures after its end and gives its result again', async () => {
    const stream = openStream();
    stream.push(video(0, jpeg()));
    const result = await stream.finish(1000);
    stream.push(video(500, jpeg()));
    expect(await stream.finish(5000)).toBe(result);
  });

  it('refuses a limit that is none', () => {
    for (const maxPendingImages of [0, -1, 1.5, Number.NaN]) {
      expect(() => openStream({ maxPendingImages })).toThrow(RangeError);
    }
  });
});
