import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  DETECTOR_ANCHOR_COUNT,
  DETECTOR_BOX_VALUES,
  DETECTOR_SIZE_PX,
  FACE_GRAPHS,
  LANDMARK_COUNT,
  LANDMARK_SIZE_PX,
  openFaceModels,
} from '../../../models/faces/face-models.ts';
import type { TensorMap } from '../../../models/index.ts';
import { localFaceModels } from '../../support/faces/face-models.ts';

const FACES = new URL('../../../models/faces/', import.meta.url);

/** Of the package's answers, the fixture has each of these. */
const EVERY_LOGIT = 8;
const EVERY_BOX = 64;

function fixture<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`../../fixtures/faces/${file}`, import.meta.url), 'utf8')) as T;
}

/** RGB pixels in which all values occur. */
function pattern(sidePx: number): Uint8Array {
  const pixels = new Uint8Array(sidePx * sidePx * 3);
  for (let y = 0, i = 0; y < sidePx; y++) {
    for (let x = 0; x < sidePx; x++) {
      pixels[i++] = 3 * x + y;
      pixels[i++] = (x * y) >> 3;
      pixels[i++] = 255 - 2 * y + x;
    }
  }
  return pixels;
}

interface VendoredGraph {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly licenseFile: string;
}

describe('the vendored face graphs', () => {
  const manifest = JSON.parse(readFileSync(new URL('manifest.json', FACES), 'utf8')) as {
    readonly graphs: Readonly<Record<string, VendoredGraph>>;
  };

  it('are the ones that FACE_GRAPHS names', () => {
    expect(Object.keys(manifest.graphs).sort()).toEqual(Object.keys(FACE_GRAPHS).sort());
    for (const file of Object.values(FACE_GRAPHS)) expect(existsSync(file)).toBe(true);
  });

  it.each(Object.entries(manifest.graphs))('%s has the digest, size and licence of its manifest', (_, graph) => {
    const bytes = readFileSync(new URL(graph.file, FACES));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(graph.sha256);
    expect(bytes.byteLength).toBe(graph.bytes);
    expect(existsSync(new URL(graph.licenseFile, FACES))).toBe(true);
  });

  it.each(Object.entries(manifest.graphs))(
    '%s has no operator that keeps the runtime from its fast convolutions',
    (_, graph) => {
      const text = readFileSync(new URL(graph.file, FACES)).toString('latin1');
      for (const operator of ['DequantizeLinear', 'ConstantOfShape']) expect(text).not.toContain(operator);
    },
  );
});

describe('openFaceModels', () => {
  it('gives a logit and a box for every anchor', async () => {
    const models = await localFaceModels();
    const { logits, boxes } = await models.detect(new Uint8Array(DETECTOR_SIZE_PX * DETECTOR_SIZE_PX * 3));
    expect(logits.length).toBe(DETECTOR_ANCHOR_COUNT);
    expect(boxes.length).toBe(DETECTOR_ANCHOR_COUNT * DETECTOR_BOX_VALUES);
    expect(logits.every(Number.isFinite)).toBe(true);
  });

  it('finds the landmarks that the net finds in its own library, to 1e-5 of the side', async () => {
    const models = await localFaceModels();
    const expected = fixture<number[]>('landmarks-of-pattern.json');
    const points = await models.landmarks(pattern(LANDMARK_SIZE_PX));
    expect(points.length).toBe(2 * LANDMARK_COUNT);
    for (const [i, value] of expected.entries()) expect(Math.abs(points[i]! - value)).toBeLessThan(1e-5);
  });

  it("gives the logits and boxes of the detector's own package, to 2e-4 of a pixel", async () => {
    const models = await localFaceModels();
    const expected = fixture<{ logits: number[]; boxes: number[] }>('detections-of-pattern.json');
    const { logits, boxes } = await models.detect(pattern(DETECTOR_SIZE_PX));
    for (const [i, value] of expected.logits.entries()) {
      expect(Math.abs(logits[EVERY_LOGIT * i]! - value)).toBeLessThan(2e-4);
    }
    for (const [i, value] of expected.boxes.entries()) {
      const [row, column] = [Math.floor(i / DETECTOR_BOX_VALUES), i % DETECTOR_BOX_VALUES];
      expect(Math.abs(boxes[EVERY_BOX * row * DETECTOR_BOX_VALUES + column]! - value)).toBeLessThan(2e-4);
    }
  });

  it('refuses pixels of another size', async () => {
    const models = await localFaceModels();
    await expect(models.detect(new Uint8Array(10))).rejects.toBeInstanceOf(RangeError);
    await expect(models.landmarks(new Uint8Array(10))).rejects.toBeInstanceOf(RangeError);
  });

  it('passes on what the runner rejects with', async () => {
    const failure = new Error('the worker is gone');
    const models = openFaceModels({
      run: (): Promise<TensorMap> => Promise.reject(failure),
      close: () => Promise.resolve(),
    });
    await expect(models.detect(new Uint8Array(DETECTOR_SIZE_PX * DETECTOR_SIZE_PX * 3))).rejects.toBe(failure);
  });
});
