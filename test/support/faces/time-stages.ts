/**
 * Prints how long each step from a 640 × 480 JPEG to an aligned face takes, in ms. Prints the median wall-clock time,
 * which is only meaningful on an idle machine, and the mean CPU time of all threads. Usage: `node
 * test/support/faces/time-stages.ts [looks]`.
 */
import sharp from 'sharp';
import type { FaceModels } from '../../../models/index.ts';
import { alignFace } from '../../../pipeline/features/video/align-face.ts';
import { faceQuality } from '../../../pipeline/features/video/face-quality.ts';
import { createFaceSeeker } from '../../../pipeline/features/video/face-seeker.ts';
import { findFaces, neighbourhood, wholePicture } from '../../../pipeline/features/video/find-faces.ts';
import { decodeImage } from '../../../server/ingest/pictures/decode-picture.ts';
import { localFaceModels } from './face-models.ts';
import { drawPicture, loadPortrait, noisePicture } from './pictures.ts';

const looks = Number(process.argv[2] ?? 200);
const opened = await localFaceModels();
const canvas = drawPicture(noisePicture(640, 480), await loadPortrait(), { x: 320, y: 240, scale: 1.5 });
const jpeg = await sharp(canvas.bytes, { raw: { width: 640, height: 480, channels: 3 } })
  .jpeg({ quality: 80 })
  .toBuffer();

interface Timing {
  readonly wallMs: number[];
  cpuMs: number;
}

const timings = new Map<string, Timing>();
async function timed<T>(step: string, work: () => T | Promise<T>): Promise<T> {
  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  const value = await work();
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(startCpu);
  const timing = timings.get(step) ?? { wallMs: [], cpuMs: 0 };
  timing.wallMs.push(wallMs);
  timing.cpuMs += (user + system) / 1000;
  timings.set(step, timing);
  return value;
}

const nets: FaceModels = {
  detect: (rgb) => timed('  detector net', () => opened.detect(rgb)),
  landmarks: (rgb) => timed('  landmark net', () => opened.landmarks(rgb)),
};
const seeker = createFaceSeeker(opened);
for (let i = -20; i < looks; i++) {
  if (i === 0) timings.clear();
  const picture = await timed('decode', () => decodeImage({ encoding: 'jpeg', bytes: jpeg }));
  await timed('find in the whole picture', () => findFaces(opened, picture, wholePicture(picture)));
  const [box] = await findFaces(opened, picture, wholePicture(picture));
  await timed('find in the neighbourhood', () => findFaces(nets, picture, neighbourhood(picture, box!)));
  const face = await timed('align', () => alignFace(nets, picture, box!));
  await timed('judge', () => faceQuality(face!));
  await timed('followed face: find + align', () => seeker.seek(picture, i));
}
for (const [step, { wallMs, cpuMs }] of timings) {
  const median = wallMs.sort((one, other) => one - other)[wallMs.length >> 1]!;
  console.log(`${step.padEnd(30)} ${median.toFixed(2)} ms wall, ${(cpuMs / wallMs.length).toFixed(2)} ms CPU`);
}
