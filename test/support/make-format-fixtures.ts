// Makes the recordings of test/fixtures/formats, which are committed: one second of 440 Hz, and in films a plain colour.
// Needs an `ffmpeg` with lame, x265, libgsm, libspeex and libopus, and a `sox` with AMR, such as Debian's (packages `ffmpeg`,
// `sox` and `libsox-fmt-all`). Usage: node test/support/make-format-fixtures.ts
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../fixtures/formats/', import.meta.url));
mkdirSync(folder, { recursive: true });

const tone = (rate: number) => ['-f', 'lavfi', '-i', `aevalsrc=0.5*sin(2*PI*440*t):s=${rate}:d=1`];
const film = ['-f', 'lavfi', '-i', 'color=c=0x2060c0:s=64x48:r=12:d=1'];

function make(name: string, ...options: string[]): void {
  const bare = ['-bitexact', '-fflags', '+bitexact', '-map_metadata', '-1'];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...options, ...bare, `${folder}${name}`], { stdio: 'inherit' });
}

/** Sound by its codec, at 8 kHz unless the codec has another rate. */
const SOUND: Readonly<Record<string, readonly string[]>> = {
  'gsm.wav': ['-c:a', 'libgsm_ms'],
  'adpcm-ima.wav': ['-c:a', 'adpcm_ima_wav'],
  'adpcm-microsoft.wav': ['-c:a', 'adpcm_ms'],
  'adpcm-g726.wav': ['-c:a', 'adpcm_g726'],
  'g722.wav': ['-ar', '16000', '-c:a', 'g722'],
  'g723.wav': ['-c:a', 'g723_1', '-b:a', '6300'],
  'mp3.wav': ['-c:a', 'libmp3lame', '-b:a', '16k'],
  'a-law.w64': ['-c:a', 'pcm_alaw'],
  'g722.g722': ['-ar', '16000', '-c:a', 'g722'],
  'gsm.gsm': ['-c:a', 'libgsm'],
  'mu-law.ulaw': ['-c:a', 'pcm_mulaw', '-f', 'mulaw'],
  'a-law.alaw': ['-c:a', 'pcm_alaw', '-f', 'alaw'],
  'linear.sln': ['-c:a', 'pcm_s16le', '-f', 's16le'],
  'linear.sln16': ['-ar', '16000', '-c:a', 'pcm_s16le', '-f', 's16le'],
  'linear.aiff': ['-c:a', 'pcm_s16be'],
  'mu-law.aifc': ['-c:a', 'pcm_mulaw', '-f', 'aiff'],
  'mu-law.au': ['-c:a', 'pcm_mulaw'],
  'linear.caf': ['-c:a', 'pcm_s16le'],
  'alac.caf': ['-c:a', 'alac'],
  'alac.m4a': ['-c:a', 'alac'],
  'adpcm.mov': ['-c:a', 'adpcm_ima_qt'],
  'flac.oga': ['-c:a', 'flac'],
  'speex.ogg': ['-c:a', 'libspeex'],
  'windows-media-1.wma': ['-c:a', 'wmav1', '-b:a', '24k'],
  'windows-media-2.wma': ['-ar', '16000', '-c:a', 'wmav2', '-b:a', '24k'],
  'mp2.mpg': ['-ar', '16000', '-c:a', 'mp2', '-b:a', '32k', '-f', 'mpeg'],
  'mp3.flv': ['-ar', '11025', '-c:a', 'libmp3lame', '-b:a', '16k'],
  'nellymoser.flv': ['-c:a', 'nellymoser'],
  'ac3.m2t': ['-ar', '48000', '-c:a', 'ac3', '-b:a', '64k', '-f', 'mpegts'],
  'latm.m2t': ['-ar', '16000', '-c:a', 'aac', '-b:a', '32k', '-mpegts_flags', 'latm', '-f', 'mpegts'],
  'opus-clusters.webm': ['-ar', '48000', '-c:a', 'libopus', '-b:a', '24k', '-cluster_time_limit', '200'],
  'opus.caf': ['-ar', '48000', '-c:a', 'libopus', '-b:a', '24k'],
};
for (const [name, options] of Object.entries(SOUND)) make(name, ...tone(8000), ...options);

/** Films by their codec, each with sound. */
const FILMS: Readonly<Record<string, readonly string[]>> = {
  'mpeg4-mp3.avi': ['-c:v', 'mpeg4', '-c:a', 'libmp3lame', '-b:a', '16k'],
  'mpeg4-aac.mp4': ['-c:v', 'mpeg4', '-c:a', 'aac', '-ar', '16000', '-b:a', '32k'],
  'mjpeg-pcm.avi': ['-c:v', 'mjpeg', '-c:a', 'pcm_u8', '-pix_fmt', 'yuvj420p'],
  'mjpeg-adpcm.mov': ['-c:v', 'mjpeg', '-c:a', 'adpcm_ima_qt', '-pix_fmt', 'yuvj420p'],
  'raw-pcm.avi': ['-c:v', 'rawvideo', '-pix_fmt', 'bgr24', '-s', '32x24', '-c:a', 'pcm_mulaw', '-r', '6'],
  'huffyuv-pcm.mkv': ['-c:v', 'huffyuv', '-c:a', 'pcm_u8'],
  'msmpeg4-wma.wmv': ['-c:v', 'msmpeg4', '-c:a', 'wmav2', '-ar', '16000', '-b:a', '24k'],
  'wmv2-wma.wmv': ['-c:v', 'wmv2', '-c:a', 'wmav2', '-ar', '16000', '-b:a', '24k'],
  'sorenson-mp3.flv': ['-c:v', 'flv', '-c:a', 'libmp3lame', '-ar', '11025', '-b:a', '16k'],
  'mpeg1-mp2.mpg': ['-c:v', 'mpeg1video', '-r', '25', '-c:a', 'mp2', '-ar', '32000', '-b:a', '32k'],
  'mpeg2-mp2.m2t': ['-c:v', 'mpeg2video', '-r', '25', '-c:a', 'mp2', '-ar', '16000', '-b:a', '32k', '-f', 'mpegts'],
  'wide.mp4': ['-c:v', 'mpeg4', '-vf', 'setsar=2', '-c:a', 'aac', '-ar', '16000', '-b:a', '32k'],
};
for (const [name, options] of Object.entries(FILMS)) make(name, ...film, ...tone(8000), ...options);
const h263 = ['-c:v', 'h263', '-s', '128x96', '-c:a', 'aac', '-ar', '16000', '-b:a', '32k'];
make('h263-aac.3gp', ...film, ...tone(8000), ...h263);

// A film whose pictures have no decoder here.
const h265 = ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-c:a', 'aac', '-ar', '16000', '-b:a', '32k'];
make('hevc-aac.mp4', ...film, ...tone(8000), ...h265);

// AMR, which Debian's ffmpeg cannot write.
execFileSync('sox', [
  '-R',
  '-n',
  '-r',
  '8000',
  '-t',
  'amr-nb',
  `${folder}amr.amr`,
  'synth',
  '1',
  'sine',
  '440',
  'vol',
  '0.5',
]);
make('amr.3gp', '-i', `${folder}amr.amr`, '-c', 'copy');
