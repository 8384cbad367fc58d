/**
 * Compares faces that are followed by their landmarks with the same faces searched in each picture. Faces from FER2013 and
 * muxspace-faces (`../shared/data`) and the portrait move as before a camera, at several speeds. Prints how far the eyes lie from
 * their usual place, in pixels of the aligned face, and how much the emotions differ that the shipped bundle finds.
 *
 *     node test/support/faces/compare-following.ts [--faces 40] [--pictures 18] [--speeds 0,1,3,6]
 *
 * Speed 1 is somebody who sits before a camera and talks.
 */
import { parseArgs } from 'node:util';
import type { FaceModels } from '../../../models/index.ts';
import type { AlignedFace } from '../../../pipeline/features/video/align-face.ts';
import { createFaceSeeker } from '../../../pipeline/features/video/face-seeker.ts';
import { groupFaces } from '../../../pipeline/features/video/group-faces.ts';
import { mapX, mapY } from '../../../pipeline/features/video/similarity.ts';
import type { RgbImage } from '../../../pipeline/media/rgb-image.ts';
import { nearestRank } from '../../bench/statistics.ts';
import { openShippedModels } from '../e2e/real-server.ts';
import { localFaceModels } from './face-models.ts';
import { blankCanvas, drawPicture, loadPortrait, noisePicture, type Placement } from './pictures.ts';
import { readNpzBytes } from './read-npz.ts';

const DATA = new URL('../../../../shared/data/', import.meta.url);
const PICTURE_MS = 1000 / 6;
/** So far apart that each picture is searched, and near enough that the same person is followed. */
const SEARCHED_MS = 1000;
/** The template's eyes, in aligned pixels. */
const EYES = [
  [20.3, 23.9],
  [43.7, 23.9],
] as const;

const { values } = parseArgs({
  options: {
    faces: { type: 'string', default: '40' },
    pictures: { type: 'string', default: '18' },
    speeds: { type: 'string', default: '0,1,3,6' },
  },
});

interface Seen {
  readonly face: AlignedFace;
  /** The eyes in the still picture: x, y, x, y. */
  readonly eyes: readonly number[];
  /** Aligned pixels per pixel of the still picture. */
  readonly scale: number;
}

const models = await openShippedModels();
const nets = await localFaceModels();
let searches = 0;
const counted: FaceModels = {
  landmarks: (rgb) => nets.landmarks(rgb),
  detect(rgb) {
    searches++;
    return nets.detect(rgb);
  },
};
const stills = [
  await loadPortrait(),
  ...readStills('fer2013/val.npz', Number(values.faces) / 2),
  ...readStills('muxspace-faces/faces.npz', Number(values.faces) / 2),
];
console.log(
  '| speed | pictures | found: searched / followed | searches a picture | eyes off, px, p50 / p95 / max: searched | followed | emotion moved by other noise | by following | same emotion: other noise / followed |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const speed of values.speeds.split(',').map(Number)) {
  const offs: [number[], number[]] = [[], []];
  const found: [number, number] = [0, 0];
  const differences: [number[], number[]] = [[], []];
  let pictures = 0;
  const same: [number, number] = [0, 0];
  let compared = 0;
  let followedSearches = 0;
  for (const [index, still] of stills.entries()) {
    const poses = Array.from({ length: Number(values.pictures) }, (_, i) =>
      poseAt((i * PICTURE_MS * speed) / 1000, index, still),
    );
    const drawn = poses.map((pose) => drawPicture(blankCanvas(480, 360), still, pose));
    const frames = drawn.map((picture, i) => noisy(picture, 1000 * index + i));
    const searched = await look(frames, poses, still, SEARCHED_MS);
    const control = await emotionOf(
      await look(
        drawn.map((picture, i) => noisy(picture, 1000 * index + i + 500)),
        poses,
        still,
        SEARCHED_MS,
      ),
    );
    searches = 0;
    const followed = await look(frames, poses, still, PICTURE_MS);
    followedSearches += searches;
    pictures += frames.length;
    const usual = usualEyes(searched);
    if (usual === null) continue;
    for (const [way, all] of [searched, followed].entries()) {
      for (const seen of all) {
        if (seen === null) continue;
        found[way]!++;
        offs[way]!.push(
          Math.max(
            ...[0, 2].map((k) => Math.hypot(seen.eyes[k]! - usual[k]!, seen.eyes[k + 1]! - usual[k + 1]!) * seen.scale),
          ),
        );
      }
    }
    const [one, other] = [await emotionOf(searched), await emotionOf(followed)];
    if (one === null || other === null || control === null) continue;
    compared++;
    differences[0].push(difference(one, control));
    differences[1].push(difference(one, other));
    if (top(one) === top(control)) same[0]++;
    if (top(one) === top(other)) same[1]++;
  }
  const off = (all: number[]) => [0.5, 0.95, 1].map((share) => nearestRank(all, share).toFixed(2)).join(' / ');
  const mean = (all: number[]) =>
    `${(all.reduce((sum, d) => sum + d, 0) / all.length).toFixed(4)} (most ${Math.max(...all).toFixed(3)})`;
  console.log(
    `| ${speed} | ${pictures} | ${found.join(' / ')} | ${(followedSearches / pictures).toFixed(2)} | ${off(offs[0])} | ${off(offs[1])} | ${mean(differences[0])} | ${mean(differences[1])} | ${same.join(' / ')} of ${compared} |`,
  );
}
await models.close();

function readStills(file: string, count: number): RgbImage[] {
  const { shape, data } = readNpzBytes(new URL(file, DATA), 'images');
  const [all, side] = shape as [number, number];
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * all) / count) * side * side;
    const bytes = new Uint8Array(side * side * 3);
    for (let k = 0; k < side * side; k++) bytes.fill(data[from + k]!, 3 * k, 3 * k + 3);
    return { widthPx: side, heightPx: side, bytes };
  });
}

/** Sums of slow waves, another phase for each face. */
function poseAt(seconds: number, phase: number, { widthPx }: RgbImage): Placement {
  const wave = (period: number, shift: number) => Math.sin((2 * Math.PI * seconds) / period + shift + phase);
  return {
    x: 240 + 22 * wave(7.3, 0) + 7 * wave(2.9, 1),
    y: 180 + 9 * wave(5.1, 2) + 3 * wave(1.9, 0.5),
    degrees: 3.5 * wave(6.1, 0.7) + 1.2 * wave(2.3, 2.2),
    scale: (200 / widthPx) * (1 + 0.05 * wave(9.7, 1.3) + 0.01 * wave(3.1, 0)),
  };
}

async function look(frames: readonly RgbImage[], poses: readonly Placement[], still: RgbImage, stepMs: number) {
  const seeker = createFaceSeeker(counted);
  const seen: (Seen | null)[] = [];
  for (const [i, frame] of frames.entries()) {
    const face = await seeker.seek(frame, i * stepMs);
    const pose = poses[i]!;
    const eyes =
      face && EYES.flatMap(([x, y]) => inStill(pose, still, mapX(face.toSource, x, y), mapY(face.toSource, x, y)));
    seen.push(face && eyes && { face, eyes, scale: pose.scale / face.sourceScale });
  }
  return seen;
}

function inStill({ x, y, scale, degrees = 0 }: Placement, still: RgbImage, u: number, v: number): [number, number] {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180) / scale, Math.sin((degrees * Math.PI) / 180) / scale];
  return [cos * (u - x) + sin * (v - y) + still.widthPx / 2, -sin * (u - x) + cos * (v - y) + still.heightPx / 2];
}

/** A camera's noise of ±3. */
function noisy({ bytes, ...size }: RgbImage, seed: number): RgbImage {
  const { bytes: noise } = noisePicture(size.widthPx, size.heightPx, seed);
  return { ...size, bytes: bytes.map((value, i) => Math.min(255, Math.max(0, value + (noise[i]! % 7) - 3))) };
}

function difference(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, p, k) => sum + Math.abs(p - other[k]!), 0) / 2;
}

function top(probabilities: Float32Array): number {
  return probabilities.indexOf(Math.max(...probabilities));
}

function usualEyes(all: readonly (Seen | null)[]): number[] | null {
  const seen = all.filter((one) => one !== null);
  if (seen.length === 0) return null;
  return [0, 1, 2, 3].map((k) =>
    nearestRank(
      seen.map(({ eyes }) => eyes[k]!),
      0.5,
    ),
  );
}

async function emotionOf(all: readonly (Seen | null)[]): Promise<Float32Array | null> {
  const faces = all.filter((one) => one !== null).map(({ face }) => face.pixels);
  if (faces.length === 0) return null;
  const { embedding } = await models.emotion.embedFaces(groupFaces(faces));
  return (await models.emotion.fuse({ text: null, audio: null, video: embedding })).emotion;
}
