/**
 * Makes a 640 × 480 video from a portrait that moves like a person in front of a camera. The portrait slowly sways,
 * tilts and comes nearer, the light changes, and a camera's noise is added. The same arguments give the same pictures.
 * Needs ffmpeg.
 *
 *     node test/support/faces/make-face-video.ts OUT [--seconds 15] [--fps 10] [--portrait FILE] [--face X,Y,WIDTH]
 *
 * The file extension of OUT chooses the format: .mp4 (H.264), .webm (VP8), .mjpeg or .y4m (both fit Chromium's
 * `--use-file-for-fake-video-capture`). The portrait is a JPEG or PNG. `--face` says where its face is, in its pixels.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { RgbImage } from '../../../pipeline/media/rgb-image.ts';
import { decodeImage } from '../../../server/ingest/pictures/decode-picture.ts';

const WIDTH_PX = 640;
const HEIGHT_PX = 480;
/** Width of the face in the video. */
const FACE_WIDTH_PX = 150;
const ENCODERS: Readonly<Record<string, readonly string[]>> = {
  mp4: ['-c:v', 'libx264', '-preset', 'slow', '-crf', '27', '-pix_fmt', 'yuv420p', '-movflags', '+faststart'],
  webm: ['-c:v', 'libvpx', '-b:v', '350k', '-pix_fmt', 'yuv420p'],
  mjpeg: ['-c:v', 'mjpeg', '-q:v', '4', '-pix_fmt', 'yuvj420p'],
  y4m: ['-pix_fmt', 'yuv420p'],
};

interface Pose {
  /** Centre of the face in the frame. */
  readonly x: number;
  readonly y: number;
  /** In radians. */
  readonly tilt: number;
  readonly zoom: number;
  readonly light: number;
}

/**
 * The pose at a time, from sums of slow waves. Their periods share no multiple within a short video, so no motion
 * repeats.
 */
function poseAt(seconds: number): Pose {
  const wave = (periodSeconds: number, phase: number) => Math.sin((2 * Math.PI * seconds) / periodSeconds + phase);
  return {
    x: WIDTH_PX / 2 + 22 * wave(7.3, 0) + 7 * wave(2.9, 1),
    y: HEIGHT_PX * 0.42 + 9 * wave(5.1, 2) + 3 * wave(1.9, 0.5),
    tilt: 0.06 * wave(6.1, 0.7) + 0.02 * wave(2.3, 2.2),
    zoom: 1 + 0.05 * wave(9.7, 1.3) + 0.01 * wave(3.1, 0),
    light: 1 + 0.03 * wave(11, 0.4) + 0.008 * wave(1.3, 1),
  };
}

/** Mirrors the portrait beyond its edge. */
function mirror(position: number, length: number): number {
  const period = 2 * (length - 1);
  const within = ((position % period) + period) % period;
  return within < length - 1 ? within : period - within;
}

function render(portrait: RgbImage, face: { x: number; y: number; scale: number }, pose: Pose, out: Uint8Array): void {
  const cos = Math.cos(pose.tilt) / (face.scale * pose.zoom);
  const sin = Math.sin(pose.tilt) / (face.scale * pose.zoom);
  for (let v = 0, o = 0; v < HEIGHT_PX; v++) {
    for (let u = 0; u < WIDTH_PX; u++, o += 3) {
      const dx = u + 0.5 - pose.x;
      const dy = v + 0.5 - pose.y;
      const sx = mirror(cos * dx + sin * dy + face.x - 0.5, portrait.widthPx);
      const sy = mirror(-sin * dx + cos * dy + face.y - 0.5, portrait.heightPx);
      const left = Math.min(Math.floor(sx), portrait.widthPx - 2);
      const top = Math.min(Math.floor(sy), portrait.heightPx - 2);
      const fx = sx - left;
      const fy = sy - top;
      const above = (top * portrait.widthPx + left) * 3;
      const below = above + portrait.widthPx * 3;
      const noise = nextNoise();
      for (let c = 0; c < 3; c++) {
        const upper = (1 - fx) * portrait.bytes[above + c]! + fx * portrait.bytes[above + 3 + c]!;
        const lower = (1 - fx) * portrait.bytes[below + c]! + fx * portrait.bytes[below + 3 + c]!;
        out[o + c] = Math.min(255, Math.max(0, pose.light * ((1 - fy) * upper + fy * lower) + noise + 0.5));
      }
    }
  }
}

let noiseState = 1;
/** Noise from −2 to 2. */
function nextNoise(): number {
  noiseState = (Math.imul(noiseState, 1664525) + 1013904223) | 0;
  return (noiseState >> 16) / 16384;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '15' },
    fps: { type: 'string', default: '10' },
    portrait: { type: 'string', default: new URL('../../fixtures/faces/astronaut.jpg', import.meta.url).pathname },
    face: { type: 'string', default: '127,128,94' },
  },
});
const [out] = positionals;
const encoder = ENCODERS[out?.split('.').at(-1) ?? ''];
if (out === undefined || encoder === undefined) {
  console.error(`name an output file that ends in ${Object.keys(ENCODERS).join(', ')}`);
  process.exit(2);
}
const [x, y, width] = values.face.split(',').map(Number);
const face = { x: x!, y: y!, scale: FACE_WIDTH_PX / width! };
const encoding = values.portrait.endsWith('.png') ? 'png' : 'jpeg';
const portrait = await decodeImage({ encoding, bytes: readFileSync(values.portrait) });

const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${WIDTH_PX}x${HEIGHT_PX}`, '-r', values.fps, '-i', '-'];
const ffmpeg = spawn('ffmpeg', ['-v', 'error', '-y', ...input, ...encoder, out], {
  stdio: ['pipe', 'inherit', 'inherit'],
});
const ended = once(ffmpeg, 'close');
const fps = Number(values.fps);
for (let i = 0; i < Number(values.seconds) * fps; i++) {
  const frame = new Uint8Array(WIDTH_PX * HEIGHT_PX * 3);
  render(portrait, face, poseAt(i / fps), frame);
  if (!ffmpeg.stdin.write(frame)) await once(ffmpeg.stdin, 'drain');
}
ffmpeg.stdin.end();
const [code] = await ended;
process.exit(code);
