import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AudioSample, AudioSampleSource, BufferTarget, MkvOutputFormat, Output } from 'mediabunny';
import { describe, expect, it } from 'vitest';
import { openRecording } from '../../../../server/ingest/file/recording.ts';
import { temporaryFolder, tone } from '../../../support/recordings.ts';

const RATE_HZ = 16_000;

/** Writes a Matroska file with a mono audio track per voice. */
async function writeTracks(voices: readonly Float32Array[]): Promise<string> {
  const output = new Output({ format: new MkvOutputFormat(), target: new BufferTarget() });
  const sources = voices.map(() => new AudioSampleSource({ codec: 'pcm-s16' }));
  for (const source of sources) output.addAudioTrack(source);
  await output.start();
  for (const [index, data] of voices.entries()) {
    const sample = { format: 'f32', data, numberOfChannels: 1, sampleRate: RATE_HZ, timestamp: 0 } as const;
    await sources[index]!.add(new AudioSample(sample));
  }
  await output.finalize();
  const path = join(temporaryFolder(), 'tracks.mkv');
  writeFileSync(path, new Uint8Array(output.target.buffer!));
  return path;
}

function levelOf(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

describe('a recording with several audio tracks', () => {
  it('has one channel per track, in the order of the container, each as long as it is', async () => {
    const [long, short] = [tone(2, 300, RATE_HZ), tone(1, 700, RATE_HZ)];
    const recording = await openRecording(await writeTracks([long, short]));
    expect(recording.channelCount).toBe(2);
    // Matroska does not say how long the last block is.
    expect(recording.durationMs).toBeGreaterThan(1800);
    const blocks: { startMs: number; levels: number[] }[] = [];
    for await (const { startMs, channels } of recording.audio())
      blocks.push({ startMs, levels: channels.map(levelOf) });
    recording.close();
    const at = (ms: number) => blocks.find(({ startMs }) => startMs === ms)!.levels;
    expect(at(500).every((level) => level > 0.05)).toBe(true);
    expect(at(1500)[0]).toBeGreaterThan(0.05);
    expect(at(1500)[1]).toBe(0);
  });
});
