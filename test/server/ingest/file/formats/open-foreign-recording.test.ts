import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { joinSamples } from '../../../../../pipeline/support/join-samples.ts';
import type { AnalysisWarning } from '../../../../../server/ingest/file/analysis-warning.ts';
import { openForeignRecording } from '../../../../../server/ingest/file/formats/open-foreign-recording.ts';
import type { MediaRange, RecordedAudio } from '../../../../../server/ingest/file/recording.ts';
import { temporaryFolder, tone, writeWav } from '../../../../support/recordings.ts';

const FOLDER = fileURLToPath(new URL('../../../../fixtures/formats/', import.meta.url));
const MEDIA = fileURLToPath(new URL('../../../../fixtures/media/', import.meta.url));

/** Blue, as the films are drawn. */
const COLOUR = [0x20, 0x60, 0xc0];

async function read(path: string, range?: MediaRange) {
  const warnings: AnalysisWarning[] = [];
  const recording = await openForeignRecording(path, { warn: (warning) => warnings.push(warning) });
  const blocks: RecordedAudio[] = [];
  for await (const block of recording.audio(range)) blocks.push(block);
  const images = [];
  for await (const { startMs, image } of recording.images(range)) images.push({ startMs, ...image });
  recording.close();
  const { durationMs, channelCount, sampleRateHz } = recording;
  const channels = Array.from({ length: channelCount }, (_, channel) =>
    joinSamples(blocks.map((block) => block.channels[channel]!)),
  );
  return { durationMs, channelCount, sampleRateHz, blocks, channels, images, warnings };
}

function amplitudeAt(samples: Float32Array, frequencyHz: number, sampleRateHz: number): number {
  let [real, imaginary] = [0, 0];
  for (const [index, sample] of samples.entries()) {
    const angle = (2 * Math.PI * frequencyHz * index) / sampleRateHz;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  }
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}

/** A file of the given bytes, which is removed after the test. */
function written(name: string, ...bytes: readonly Uint8Array[]): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, Buffer.concat(bytes));
  return path;
}

/** Each holds one second of 440 Hz; the films show one colour. */
const FILES = readdirSync(FOLDER).filter((name) => name !== 'hevc-aac.mp4');
const FILMS = /^(mpeg|mjpeg|raw|huffyuv|msmpeg|wmv|sorenson|wide|h263)/;

describe('a recording that FFmpeg reads', () => {
  it.each(FILES)('gives the sound and the pictures of %s', async (name) => {
    const { channels, channelCount, sampleRateHz, durationMs, blocks, images, warnings } = await read(
      join(FOLDER, name),
    );
    expect(warnings).toEqual([]);
    expect(channelCount).toBe(1);
    const seconds = channels[0]!.length / sampleRateHz;
    expect(seconds).toBeGreaterThan(0.95);
    expect(seconds).toBeLessThan(1.2);
    expect(durationMs).toBeGreaterThan(500);
    expect(blocks[0]!.startMs).toBeLessThan(150);
    for (let i = 1; i < blocks.length; i++) expect(blocks[i]!.startMs).toBeGreaterThan(blocks[i - 1]!.startMs);
    const middle = channels[0]!.subarray(Math.round(sampleRateHz * 0.3), Math.round(sampleRateHz * 0.8));
    expect(amplitudeAt(middle, 440, sampleRateHz)).toBeGreaterThan(0.4);
    expect(amplitudeAt(middle, 440, sampleRateHz)).toBeLessThan(0.6);
    expect(amplitudeAt(middle, 620, sampleRateHz)).toBeLessThan(0.05);

    if (!FILMS.test(name)) {
      expect(images).toEqual([]);
      return;
    }
    expect(images.length).toBeGreaterThanOrEqual(5);
    expect(images.length).toBeLessThanOrEqual(7);
    for (let i = 1; i < images.length; i++) {
      expect(images[i]!.startMs - images[i - 1]!.startMs).toBeGreaterThan(80);
    }
    const { widthPx, heightPx, bytes } = images[0] as { widthPx: number; heightPx: number; bytes: Uint8Array };
    expect(bytes).toHaveLength(widthPx * heightPx * 3);
    const centre = ((heightPx >> 1) * widthPx + (widthPx >> 1)) * 3;
    for (const [index, value] of COLOUR.entries()) expect(Math.abs(bytes[centre + index]! - value)).toBeLessThan(16);
  });

  it('gives pictures with square pixels', async () => {
    const { images } = await read(join(FOLDER, 'wide.mp4'));
    expect(images[0]).toMatchObject({ widthPx: 128, heightPx: 48 });
  });

  it('gives pictures upright, as the container says', async () => {
    const { images } = await read(join(MEDIA, 'film.turned.mp4'));
    expect(images[0]).toMatchObject({ widthPx: 240, heightPx: 320 });
  });

  it('decodes AMR at 16 kHz, and leaves out what it says in packets of silence', async () => {
    const speech = Uint8Array.of(0x04, ...Array.from({ length: 17 }, (_, i) => (i * 37) & 0xff));
    const nothing = Uint8Array.of(15 << 3);
    const frames = Array.from({ length: 50 }, (_, i) => (i >= 20 && i < 30 ? nothing : speech));
    const path = written('call.awb', Buffer.from('#!AMR-WB\n'), ...frames);
    const { sampleRateHz, channels, warnings } = await read(path);
    expect(sampleRateHz).toBe(16_000);
    expect(channels[0]).toHaveLength(40 * 320);
    expect(warnings).toEqual([]);
  });

  it('has the channels of a stereo file, sample for sample', async () => {
    const path = join(temporaryFolder(), 'two.wav');
    const [left, right] = [tone(0.5, 300, 8000), tone(0.5, 500, 8000, 0.25)];
    writeWav(path, 8000, [left, right]);
    const { channels } = await read(path);
    for (const [index, sent] of [left, right].entries()) {
      expect(channels[index]).toHaveLength(sent.length);
      expect(Math.max(...channels[index]!.map((sample, i) => Math.abs(sample - sent[i]!)))).toBeLessThan(1e-4);
    }
  });

  it('has the right samples of a RIFX file, whose bytes are the other way round', async () => {
    const path = join(temporaryFolder(), 'call.wav');
    writeWav(path, 8000, [tone(0.5, 440, 8000)]);
    const wav = readFileSync(path);
    wav.write('RIFX', 0);
    for (const at of [4, 16, 24, 28, 40]) wav.subarray(at, at + 4).swap32();
    for (const at of [20, 22, 32, 34]) wav.subarray(at, at + 2).swap16();
    wav.subarray(44).swap16();
    const { channels } = await read(written('call.wav', wav));
    expect(amplitudeAt(channels[0]!, 440, 8000)).toBeCloseTo(0.5, 2);
  });

  it.each([0, 0xffffffff])('is read to its end where its WAV header promises %i bytes', async (promised) => {
    const path = join(temporaryFolder(), 'call.wav');
    writeWav(path, 8000, [tone(0.5, 440, 8000)]);
    const wav = readFileSync(path);
    wav.writeUInt32LE(promised, 40);
    const { channels } = await read(written('call.wav', wav));
    expect(channels[0]).toHaveLength(4000);
  });

  it.each([
    ['ogg', 'tones.opus.ogg'],
    ['webm', 'call.vp8-opus.webm'],
  ])('is read to its end where two %s files were joined', async (_, name) => {
    const once = readFileSync(join(MEDIA, name));
    const [one, two] = [await read(join(MEDIA, name)), await read(written(name, once, once))];
    expect(two.channels[0]!.length).toBe(2 * one.channels[0]!.length);
    expect(two.images).toHaveLength(2 * one.images.length);
    expect(two.durationMs).toBeCloseTo(2 * one.durationMs, -2);
    const second = two.blocks[one.blocks.length]!;
    expect(Math.abs(second.startMs - one.durationMs)).toBeLessThan(60);
    expect(two.warnings).toEqual([]);
  });

  it('keeps the rate and channels of the first file where the second has others', async () => {
    const [stereo, mono] = ['tones.vorbis.ogg', 'speex.ogg'];
    const path = written('both.ogg', readFileSync(join(MEDIA, stereo)), readFileSync(join(FOLDER, mono)));
    const { channelCount, sampleRateHz, channels } = await read(path);
    expect({ channelCount, sampleRateHz }).toEqual({ channelCount: 2, sampleRateHz: 48_000 });
    expect(channels[0]!.length / 48_000).toBeCloseTo(3, 1);
    const later = channels[1]!.subarray(48_000 * 2.3, 48_000 * 2.8);
    expect(amplitudeAt(later, 440, 48_000)).toBeGreaterThan(0.4);
  });

  it('gives only the sound of a range', async () => {
    const { blocks } = await read(join(FOLDER, 'mpeg4-aac.mp4'), { startMs: 400, endMs: 600 });
    expect(blocks[0]!.startMs).toBeGreaterThan(300);
    expect(blocks[0]!.startMs).toBeLessThanOrEqual(400);
    expect(blocks.at(-1)!.startMs).toBeLessThan(600);
    expect(blocks.at(-1)!.startMs).toBeGreaterThan(500);
  });

  it('goes on behind damage, and tells of it once', async () => {
    const bytes = readFileSync(join(MEDIA, 'tones.m4a'));
    const start = bytes.indexOf('mdat') + 4 + 12_000;
    bytes.fill(0xff, start, start + 1500);
    const { blocks, warnings, channels } = await read(written('damaged.m4a', bytes));
    expect(warnings).toMatchObject([{ code: 'audio-damaged' }]);
    expect(warnings[0]!.startMs).toBeGreaterThan(500);
    expect(blocks.at(-1)!.startMs).toBeGreaterThan(1900);
    expect(channels[0]!.length).toBeGreaterThan(48_000 * 1.5);
  });

  it('says that a recording was cut off', async () => {
    const bytes = readFileSync(join(FOLDER, 'adpcm-ima.wav'));
    const { warnings, channels } = await read(written('cut.wav', bytes.subarray(0, 2000)));
    expect(warnings).toMatchObject([{ code: 'recording-truncated' }]);
    expect(channels[0]!.length).toBeGreaterThan(1000);
  });

  it('leaves out a picture that has no decoder, and gives the sound', async () => {
    const { warnings, channels, images } = await read(join(FOLDER, 'hevc-aac.mp4'));
    expect(warnings).toMatchObject([{ code: 'track-left-out' }]);
    expect(warnings[0]!.message).toMatch(
      /^the recording's picture is left out: there is no decoder for its video codec hevc; convert it first: ffmpeg /,
    );
    expect(channels[0]!.length).toBeGreaterThan(15_000);
    expect(images).toEqual([]);
  });

  it('says what to do about a codec that there is no decoder for', async () => {
    await expect(openForeignRecording(join(MEDIA, 'film.hevc.mp4'))).rejects.toThrowError(
      /^cannot use .*: there is no decoder for its video codec hevc; convert it first: ffmpeg -i in\.file /,
    );
  });

  it.each([
    ['text', Buffer.from('hello'), /a format that is not known, or damaged/],
    ['an empty file', Buffer.alloc(0), /it is empty/],
    [
      'an MP4 that was not finished',
      readFileSync(join(FOLDER, 'mpeg4-aac.mp4')).subarray(0, 4000),
      /the recording was never finished/,
    ],
  ])('refuses %s in one line', async (_, bytes, message) => {
    await expect(openForeignRecording(written('input.mp4', bytes))).rejects.toThrowError(message);
  });

  it('refuses a file that is not there', async () => {
    await expect(openForeignRecording('/nowhere/call.wav')).rejects.toThrowError(
      'cannot read /nowhere/call.wav: no such file',
    );
  });
});
