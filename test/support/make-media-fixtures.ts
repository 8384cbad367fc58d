// Makes the recordings of test/fixtures/media, which are committed. Needs an `ffmpeg` with x264, x265, lame, libvpx and
// libopus, such as Debian's. Usage: npx node test/support/make-media-fixtures.ts
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { portraitJpeg } from './faces/pictures.ts';
import { FILM } from './webrtc/encoded-media.ts';

const folder = fileURLToPath(new URL('../fixtures/media/', import.meta.url));
const { widthPx, heightPx, perSecond } = FILM;

/** A portrait left of the middle that sways once per second. `seconds` long. */
async function frames(seconds: number): Promise<Buffer> {
  const portrait = await sharp(portraitJpeg())
    .resize({ height: heightPx - 40 })
    .toBuffer();
  const pictures = Array.from({ length: seconds * perSecond }, (_, frame) => {
    const left = 80 + Math.round(8 * Math.sin((2 * Math.PI * frame) / perSecond));
    return sharp({ create: { width: widthPx, height: heightPx, channels: 3, background: '#5a6470' } })
      .composite([{ input: portrait, left, top: 20 }])
      .removeAlpha()
      .raw()
      .toBuffer();
  });
  return Buffer.concat(await Promise.all(pictures));
}

const video = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${widthPx}x${heightPx}`, '-r', `${perSecond}`, '-i', '-'];
/** Two seconds of 440 Hz on the left, and of 660 Hz at half the amplitude on the right. */
const tones = ['-f', 'lavfi', '-i', 'aevalsrc=0.5*sin(2*PI*440*t)|0.25*sin(2*PI*660*t):s=48000:d=2'];
const yuv = ['-pix_fmt', 'yuv420p'];

function make(name: string, input: Buffer | undefined, ...options: string[]): void {
  const bare = ['-bitexact', '-fflags', '+bitexact', '-map_metadata', '-1'];
  const stdio = ['pipe' as const, 'inherit' as const, 'inherit' as const];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...options, ...bare, `${folder}${name}`], { input, stdio });
}

mkdirSync(folder, { recursive: true });
const [second, twoSeconds] = await Promise.all([frames(1), frames(2)]);
const vp8 = ['-c:v', 'libvpx', '-b:v', '400k', '-deadline', 'realtime', '-g', `${perSecond}`];
make('film.vp8.webm', second, ...video, ...yuv, ...vp8);
const x264 = ['-c:v', 'libx264', '-crf', '24', '-g', `${perSecond}`];
make('film.baseline.mp4', second, ...video, ...yuv, ...x264, '-profile:v', 'baseline');
const high = [...x264, '-profile:v', 'high', '-bf', '2', '-x264-params', 'b-pyramid=normal'];
make('call.h264-aac.mp4', twoSeconds, ...video, ...tones, ...yuv, ...high, '-c:a', 'aac', '-b:a', '96k', '-shortest');
const turned = ['-c', 'copy', '-metadata:s:v', 'rotate=90'];
make('film.turned.mp4', undefined, '-i', `${folder}film.baseline.mp4`, ...turned);
make(
  'call.vp9-vorbis.webm',
  twoSeconds,
  ...video,
  ...tones,
  ...yuv,
  '-c:v',
  'libvpx-vp9',
  '-b:v',
  '200k',
  '-c:a',
  'libvorbis',
);
make('call.vp8-opus.webm', twoSeconds, ...video, ...tones, ...yuv, ...vp8, '-c:a', 'libopus', '-b:a', '64k');
make('film.hevc.mp4', second, ...video, ...yuv, '-c:v', 'libx265', '-x265-params', 'log-level=none', '-tag:v', 'hvc1');
make('tones.mp3', undefined, ...tones, '-c:a', 'libmp3lame', '-b:a', '96k');
make('tones.flac', undefined, ...tones, '-c:a', 'flac', '-t', '0.5');
make('tones.opus.ogg', undefined, ...tones, '-c:a', 'libopus', '-b:a', '64k');
make('tones.vorbis.ogg', undefined, ...tones, '-c:a', 'libvorbis');
make('tones.m4a', undefined, ...tones, '-c:a', 'aac', '-b:a', '96k');
make('tones.wav', undefined, ...tones, '-c:a', 'pcm_s16le', '-t', '0.5');
