import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import { joinSamples } from '../../../../pipeline/support/join-samples.ts';
import type { AnalysisWarning } from '../../../../server/ingest/file/analysis-warning.ts';
import { type MediaRange, openRecording } from '../../../../server/ingest/file/recording.ts';
import { recordingFrames } from '../../../../server/ingest/file/recording-frames.ts';
import { defaultSpeakers, parseSpeakers } from '../../../../server/ingest/file/speakers.ts';
import { temporaryFolder, tone, writeWav } from '../../../support/recordings.ts';
import { FILM } from '../../../support/webrtc/encoded-media.ts';

const SAMPLE_CALL = fileURLToPath(new URL('../../../../server/sample-call/sample-call.webm', import.meta.url));

/** Of the films, as it is drawn. */
const BACKGROUND = [0x5a, 0x64, 0x70];

const media = (file: string) => fileURLToPath(new URL(`../../../fixtures/media/${file}`, import.meta.url));

async function imagesOf(file: string, range?: MediaRange) {
  const recording = await openRecording(media(file));
  const images = [];
  for await (const { startMs, image } of recording.images(range)) {
    if (image.encoding !== 'rgb24') throw new TypeError('a recording gives raw pictures');
    images.push({ startMs, image });
  }
  recording.close();
  return images;
}

function pixel(image: { widthPx: number; bytes: Uint8Array }, x: number, y: number): number[] {
  const at = (y * image.widthPx + x) * 3;
  return [...image.bytes.subarray(at, at + 3)];
}

function isNear(colour: readonly number[], other: readonly number[]): boolean {
  return colour.every((value, index) => Math.abs(value - other[index]!) < 12);
}

/** Of the sine of that frequency in samples at 48 kHz. */
function amplitudeAt(samples: Float32Array, frequencyHz: number): number {
  let [real, imaginary] = [0, 0];
  for (const [index, sample] of samples.entries()) {
    const angle = (2 * Math.PI * frequencyHz * index) / 48_000;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  }
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}

async function collect(frames: AsyncIterable<MediaFrame>): Promise<MediaFrame[]> {
  const collected: MediaFrame[] = [];
  for await (const frame of frames) collected.push(frame);
  return collected;
}

function audioOf(frames: readonly MediaFrame[], trackId: string): Float32Array {
  const chunks = frames.filter((f) => f.kind === 'audio').filter((f) => f.trackId === trackId);
  return joinSamples(chunks.map(({ samples }) => samples));
}

describe('a recording', () => {
  it('gives each channel of a stereo file to its speaker, sample for sample', async () => {
    const path = join(temporaryFolder(), 'two.wav');
    const [left, right] = [tone(1.5, 300, 8000), tone(1.5, 500, 8000, 0.25)];
    writeWav(path, 8000, [left, right]);
    const recording = await openRecording(path);
    const frames = await collect(recordingFrames(recording, { speakers: defaultSpeakers(2) }));
    recording.close();
    expect(recording.durationMs).toBeCloseTo(1500, 3);
    for (const [trackId, sent] of [
      ['speaker-1/audio', left],
      ['speaker-2/audio', right],
    ] as const) {
      const got = audioOf(frames, trackId);
      expect(got).toHaveLength(sent.length);
      expect(Math.max(...got.map((sample, i) => Math.abs(sample - sent[i]!)))).toBeLessThan(1e-4);
    }
    expect(frames.filter((f) => f.kind === 'bound').map((f) => [f.trackId, f.startMs])).toEqual([
      ['speaker-1/audio', Number.POSITIVE_INFINITY],
      ['speaker-2/audio', Number.POSITIVE_INFINITY],
    ]);
  });

  it('mixes all channels for a single speaker', async () => {
    const path = join(temporaryFolder(), 'two.wav');
    writeWav(path, 8000, [tone(0.5, 300, 8000, 0.5), new Float32Array(4000)]);
    const recording = await openRecording(path);
    const mono = audioOf(
      await collect(recordingFrames(recording, { speakers: parseSpeakers('Dana') })),
      'speaker-1/audio',
    );
    recording.close();
    expect(Math.max(...mono)).toBeCloseTo(0.25, 2);
  });

  it('sends words once they were spoken: to the named speaker, else to the first', async () => {
    const path = join(temporaryFolder(), 'two.wav');
    const silence = new Float32Array(8000);
    writeWav(path, 8000, [
      Float32Array.of(...tone(1, 300, 8000), ...silence),
      Float32Array.of(...silence, ...tone(1, 300, 8000)),
    ]);
    const recording = await openRecording(path);
    const transcript = [
      { startMs: 100, endMs: 900, text: 'mine', speaker: null },
      { startMs: 1100, endMs: 1500, text: 'yours', speaker: 'Sam' },
      { startMs: 1500, endMs: 9000, text: 'named', speaker: 'DANA' },
    ];
    const frames = await collect(recordingFrames(recording, { speakers: parseSpeakers('Dana,Sam'), transcript }));
    recording.close();
    const words = frames.filter((f) => f.kind === 'transcript');
    expect(words.map((w) => [w.text, w.trackId])).toEqual([
      ['mine', 'speaker-1/text'],
      ['yours', 'speaker-2/text'],
      ['named', 'speaker-1/text'],
    ]);
    const index = frames.indexOf(words[0]!);
    expect(frames.slice(0, index).every((f) => f.kind !== 'audio' || f.startMs < 900 + 500)).toBe(true);
    expect(frames.slice(0, index).some((f) => f.kind === 'audio' && f.startMs + f.samples.length / 8 >= 900)).toBe(
      true,
    );
  });

  it('decodes the sample call: two voices at 48 kHz and upright pictures, six a second, from when the camera is on', async () => {
    const recording = await openRecording(SAMPLE_CALL);
    const frames = await collect(recordingFrames(recording, { speakers: parseSpeakers('customer,agent') }));
    recording.close();
    const images = frames.filter((f) => f.kind === 'video');
    expect(recording.channelCount).toBe(2);
    expect(audioOf(frames, 'speaker-2/audio').length / 48_000).toBeCloseTo(recording.durationMs / 1000, 0);
    const spanS = (images.at(-1)!.startMs - images[0]!.startMs) / 1000;
    expect((images.length - 1) / spanS).toBeCloseTo(6, 0);
    const { image } = images[0]!;
    expect(image.encoding === 'rgb24' && image.bytes.length === image.widthPx * image.heightPx * 3).toBe(true);
    const cameraOn = frames.findIndex((f) => f.kind === 'track' && f.media === 'video');
    expect(frames.indexOf(images[0]!)).toBe(cameraOn + 1);
    for (let i = 1; i < images.length; i++) expect(images[i]!.startMs).toBeGreaterThan(images[i - 1]!.startMs);
  });

  it.each([
    ['wav', 'tones.wav', 500],
    ['flac', 'tones.flac', 500],
    ['mp3', 'tones.mp3', 2000],
    ['Opus in ogg', 'tones.opus.ogg', 2000],
    ['Vorbis in ogg', 'tones.vorbis.ogg', 2000],
    ['AAC in mp4', 'tones.m4a', 2000],
    ['AAC beside H.264 in mp4', 'call.h264-aac.mp4', 2000],
    ['Opus beside VP8 in webm', 'call.vp8-opus.webm', 2000],
    ['Vorbis beside VP9 in webm', 'call.vp9-vorbis.webm', 2000],
  ])('decodes the sound of %s: each channel its own tone', async (_, file, durationMs) => {
    const recording = await openRecording(media(file));
    const frames = await collect(recordingFrames(recording, { speakers: defaultSpeakers(2) }));
    recording.close();
    expect(recording).toMatchObject({ channelCount: 2, sampleRateHz: 48_000 });
    for (const [trackId, frequencyHz, otherHz, amplitude] of [
      ['speaker-1/audio', 440, 660, 0.5],
      ['speaker-2/audio', 660, 440, 0.25],
    ] as const) {
      const samples = audioOf(frames, trackId);
      expect((samples.length / 48_000) * 1000).toBeGreaterThan(durationMs - 30);
      expect((samples.length / 48_000) * 1000).toBeLessThan(durationMs + 60);
      const middle = samples.subarray(4800, 4800 + 9600);
      expect(amplitudeAt(middle, frequencyHz)).toBeCloseTo(amplitude, 1);
      expect(amplitudeAt(middle, otherHz)).toBeLessThan(0.05);
    }
  });

  it.each([
    ['H.264 with frames that refer to later ones', 'call.h264-aac.mp4', 12],
    ['H.264 of the baseline', 'film.baseline.mp4', 6],
    ['VP8', 'call.vp8-opus.webm', 12],
    ['VP9', 'call.vp9-vorbis.webm', 12],
  ])('decodes the pictures of %s: six a second, in order, as they were drawn', async (_, file, count) => {
    const pictures = await imagesOf(file);
    expect(pictures).toHaveLength(count);
    for (let i = 1; i < count; i += 1) expect(pictures[i]!.startMs).toBeGreaterThan(pictures[i - 1]!.startMs);
    for (const { image } of pictures) {
      expect(image).toMatchObject({ widthPx: FILM.widthPx, heightPx: FILM.heightPx });
      expect(isNear(pixel(image, 2, 2), BACKGROUND)).toBe(true);
      expect(isNear(pixel(image, 160, 100), BACKGROUND)).toBe(false);
    }
  });

  it('turns pictures upright as the container says', async () => {
    const [turned, level] = await Promise.all([imagesOf('film.turned.mp4'), imagesOf('film.baseline.mp4')]);
    expect(turned).toHaveLength(level.length);
    const [image, original] = [turned[0]!.image, level[0]!.image];
    expect(image).toMatchObject({ widthPx: FILM.heightPx, heightPx: FILM.widthPx });
    // A quarter counter-clockwise: what was at the top right comes to the top left.
    for (const [x, y] of [
      [0, 0],
      [100, 40],
      [160, 120],
      [319, 239],
    ] as const) {
      expect(pixel(image, y, FILM.widthPx - 1 - x)).toEqual(pixel(original, x, y));
    }
  });

  it('gives only the pictures of a range, whichever key frame they build on', async () => {
    const [all, some] = await Promise.all([
      imagesOf('call.h264-aac.mp4'),
      imagesOf('call.h264-aac.mp4', { startMs: 1200, endMs: 1600 }),
    ]);
    expect(some.length).toBeGreaterThan(1);
    for (const { startMs, image } of some) {
      expect(startMs).toBeGreaterThan(1100);
      expect(startMs).toBeLessThan(1600);
      const same = all.find((each) => each.startMs === startMs);
      if (same !== undefined) expect(image.bytes).toEqual(same.image.bytes);
    }
  });

  it('says what to do about a codec that there is no decoder for', async () => {
    await expect(openRecording(media('film.hevc.mp4'))).rejects.toThrowError(
      /no decoder for its video codec hevc; convert it first: ffmpeg /,
    );
  });

  it.each([
    ['AAC in mp4', 'tones.m4a', 0.5],
    ['MP3', 'tones.mp3', 0.5],
    ['Opus in ogg', 'tones.opus.ogg', 0.5],
  ])('goes on behind damage in %s, and says once where it was', async (_, file, at) => {
    const path = join(temporaryFolder(), file);
    const bytes = readFileSync(media(file));
    const start = Math.round(bytes.length * at);
    for (let i = start; i < start + 300; i++) bytes[i] = (i * 151) % 256;
    writeFileSync(path, bytes);
    const warnings: AnalysisWarning[] = [];
    const recording = await openRecording(path, { warn: (warning) => warnings.push(warning) });
    let endMs = 0;
    for (let pass = 0; pass < 2; pass++) {
      for await (const { startMs, channels } of recording.audio()) endMs = startMs + channels[0]!.length / 48;
    }
    recording.close();
    expect(endMs).toBeGreaterThan(1900);
    expect(warnings.length).toBeLessThanOrEqual(1);
    for (const warning of warnings) {
      expect(warning).toMatchObject({ code: 'audio-damaged' });
      expect(warning.startMs).toBeGreaterThan(500);
      expect(warning.endMs).toBeLessThan(1900);
    }
  });

  it('reads FLAC behind damage that hides where a frame begins, at the right time', async () => {
    const path = join(temporaryFolder(), 'damaged.flac');
    const bytes = readFileSync(media('tones.flac'));
    for (let i = 0; i < 40; i++) bytes[Math.round(bytes.length * 0.4) + i] = (i * 151) % 256;
    writeFileSync(path, bytes);
    const warnings: AnalysisWarning[] = [];
    const recording = await openRecording(path, { warn: (warning) => warnings.push(warning) });
    let endMs = 0;
    for await (const { startMs, channels } of recording.audio()) endMs = startMs + channels[0]!.length / 48;
    recording.close();
    expect(endMs).toBeCloseTo(500, -1);
    expect(warnings).toMatchObject([{ code: 'audio-damaged' }]);
  });

  it('ends with a FLAC file that was cut off before its first frame', async () => {
    const path = join(temporaryFolder(), 'cut-off.flac');
    const bytes = readFileSync(media('tones.flac'));
    let headerBytes = 4;
    for (let isLast = false; !isLast; headerBytes += 4 + bytes.readUIntBE(headerBytes + 1, 3))
      isLast = (bytes[headerBytes]! & 0x80) !== 0;
    writeFileSync(path, bytes.subarray(0, headerBytes));
    await openRecording(path).then(
      (recording) => recording.close(),
      (error) => expect(error.message).toMatch(/^cannot (read|use) /),
    );
  });

  it('refuses sound of which nothing can be decoded', async () => {
    const path = join(temporaryFolder(), 'damaged.m4a');
    const bytes = readFileSync(media('tones.m4a'));
    const start = bytes.indexOf('mdat') + 4;
    bytes.fill(0xff, start, bytes.indexOf('moov') > start ? bytes.indexOf('moov') - 4 : bytes.length);
    writeFileSync(path, bytes);
    const recording = await openRecording(path);
    await expect(collect(recordingFrames(recording, { speakers: defaultSpeakers(1) }))).rejects.toThrowError(
      /its audio is damaged/,
    );
    recording.close();
  });

  it('says that an MP4 file without moov was never finished', async () => {
    const path = join(temporaryFolder(), 'unfinished.mp4');
    const bytes = readFileSync(media('tones.m4a'));
    writeFileSync(path, bytes.subarray(0, bytes.indexOf('moov') - 4));
    await expect(openRecording(path)).rejects.toThrowError(/the recording was never finished/);
  });

  it('opens no file or address that a playlist names', async () => {
    const path = join(temporaryFolder(), 'list.m3u8');
    writeFileSync(path, `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${media('tones.m4a')}\n#EXT-X-ENDLIST\n`);
    await expect(openRecording(path)).rejects.toThrowError(/cannot read/);
  });

  it.each([
    ['a file that is not there', (_: string) => {}, /no such file/],
    ['a folder', (path: string) => mkdirSync(path), /it is a directory/],
    [
      'text',
      (path: string) => writeFileSync(path, 'hello'),
      /it is no recording, of a format that is not known, or damaged/,
    ],
    ['an empty file', (path: string) => writeFileSync(path, ''), /it is empty/],
    [
      'a picture',
      (path: string) =>
        writeFileSync(
          path,
          Buffer.from(
            'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
            'base64',
          ),
        ),
      /it is no recording/,
    ],
  ] as const)('refuses %s in one line', async (_, make, message) => {
    const path = join(temporaryFolder(), 'input.wav');
    make(path);
    await expect(openRecording(path)).rejects.toThrowError(message);
  });
});
