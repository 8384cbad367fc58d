import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import { openRecording } from '../../../../server/ingest/file/recording.ts';
import { recordingFrames } from '../../../../server/ingest/file/recording-frames.ts';
import { defaultSpeakers, parseSpeakers } from '../../../../server/ingest/file/speakers.ts';
import { temporaryFolder, tone, writeWav } from '../../../support/recordings.ts';

const SAMPLE_CALL = fileURLToPath(new URL('../../../../server/sample-call/sample-call.webm', import.meta.url));

async function collect(frames: AsyncIterable<MediaFrame>): Promise<MediaFrame[]> {
  const collected: MediaFrame[] = [];
  for await (const frame of frames) collected.push(frame);
  return collected;
}

function audioOf(frames: readonly MediaFrame[], trackId: string): Float32Array {
  const chunks = frames.filter((f) => f.kind === 'audio').filter((f) => f.trackId === trackId);
  return Float32Array.from(chunks.flatMap((chunk) => [...chunk.samples]));
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

  it('sends words once they were spoken: to the named speaker, else to the loudest channel', async () => {
    const path = join(temporaryFolder(), 'two.wav');
    const silence = new Float32Array(8000);
    writeWav(path, 8000, [
      Float32Array.of(...tone(1, 300, 8000), ...silence),
      Float32Array.of(...silence, ...tone(1, 300, 8000)),
    ]);
    const recording = await openRecording(path);
    const transcript = [
      { startMs: 100, endMs: 900, text: 'mine', speaker: null },
      { startMs: 1100, endMs: 1500, text: 'yours', speaker: null },
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
    ['a file that is not there', (_: string) => {}, /no such file/],
    ['a folder', (path: string) => mkdirSync(path), /it is a directory/],
    ['text', (path: string) => writeFileSync(path, 'hello'), /not a wav, flac, mp3, ogg, mp4 or webm file, or damaged/],
    ['an empty file', (path: string) => writeFileSync(path, ''), /not a wav/],
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
      /not a wav/,
    ],
  ] as const)('refuses %s in one line', async (_, make, message) => {
    const path = join(temporaryFolder(), 'input.wav');
    make(path);
    await expect(openRecording(path)).rejects.toThrowError(message);
  });
});
