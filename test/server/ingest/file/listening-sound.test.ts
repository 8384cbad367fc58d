import { createDecoder } from 'libopus-wasm';
import { BufferSource, EncodedPacketSink, Input, WEBM } from 'mediabunny';
import { describe, expect, it } from 'vitest';
import { encodeListeningSound } from '../../../../server/ingest/file/listening-sound.ts';
import type { Lane } from '../../../../server/ingest/file/placement/analysis-plan.ts';
import type { RecordedAudio, Recording } from '../../../../server/ingest/file/recording.ts';
import { SoundMix } from '../../../../server/ingest/file/sound-mix.ts';

const lane = (id: string, channels: number[], gain = 1): Lane => ({
  participant: { id, role: 'unknown', displayName: null },
  sound: { channels, gain, heard: null },
});
const block = (startMs: number, ...channels: number[][]): RecordedAudio => ({
  kind: 'audio',
  startMs,
  channels: channels.map((samples) => Float32Array.from(samples)),
});
const mixed = (mix: SoundMix, ...blocks: RecordedAudio[]) =>
  blocks.flatMap((each) => [...mix.add(each)]).flatMap((samples) => [...samples]);

describe('the mix of a recording', () => {
  it('adds the channels of different speakers with their gains, and never goes beyond full scale', () => {
    const mix = new SoundMix([lane('a', [0]), lane('b', [1], 2)], 1000);
    expect(mixed(mix, block(0, [0.25, 0, 0.9], [0, 0.25, 0.9]))).toEqual([0.25, 0.5, 1]);
  });

  it('averages channels that belong to one speaker, and takes lanes that share a channel once', () => {
    expect(mixed(new SoundMix([lane('a', [0, 1])], 1000), block(0, [1, 0.5], [0, 0.5]))).toEqual([0.5, 0.5]);
    expect(mixed(new SoundMix([lane('a', [0]), lane('b', [0])], 1000), block(0, [0.5]))).toEqual([0.5]);
  });

  it('leaves out channels that nobody is heard in', () => {
    expect(mixed(new SoundMix([lane('a', [1]), lane('b', [])], 1000), block(0, [1], [0.5]))).toEqual([0.5]);
    expect(new SoundMix([lane('b', [])], 1000).isSilent).toBe(true);
  });

  it('fills gaps with silence, leaves out what comes twice, and takes a start that is rounded for none of both', () => {
    const ones = (count: number) => Array.from({ length: count }, () => 1);
    const mix = new SoundMix([lane('a', [0])], 1000);
    expect(mixed(mix, block(100, ones(20)))).toEqual([...Array.from({ length: 100 }, () => 0), ...ones(20)]);
    expect(mixed(mix, block(121, ones(20)), block(139, ones(20)))).toHaveLength(40);
    expect(mixed(mix, block(110, ones(100)))).toHaveLength(60);
  });
});

describe('the sound to listen to', () => {
  const RATE_HZ = 8000;
  const tone = (lengthMs: number, amplitude: number) =>
    Array.from(
      { length: (lengthMs * RATE_HZ) / 1000 },
      (_, at) => amplitude * Math.sin((2 * Math.PI * 300 * at) / RATE_HZ),
    );
  const recording = (...blocks: RecordedAudio[]): Recording => ({
    durationMs: 3000,
    channelCount: 1,
    sampleRateHz: RATE_HZ,
    hasVideo: false,
    async *audio() {
      yield* blocks;
    },
    async *images() {},
    close: () => {},
  });
  const { signal } = new AbortController();

  it('is Opus in WebM, on the clock of the analysis', async () => {
    const source = recording(block(0, tone(1000, 0.5)), block(2000, tone(1000, 0.5)));
    const bytes = await encodeListeningSound({ recording: source, lanes: [lane('a', [0])], signal });
    const input = new Input({ formats: [WEBM], source: new BufferSource(bytes!) });
    const track = (await input.getPrimaryAudioTrack())!;
    expect({ codec: track.codec, channels: track.numberOfChannels }).toEqual({ codec: 'opus', channels: 1 });
    expect(await input.computeDuration()).toBeCloseTo(3, 0);
    const decoder = await createDecoder({ channels: 1, sampleRate: RATE_HZ });
    const levels: number[] = [];
    for await (const packet of new EncodedPacketSink(track).packets()) {
      const samples = decoder.decodeFloat(packet.data);
      levels.push(Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length));
    }
    decoder.free();
    expect(levels).toHaveLength(50);
    for (const at of [3, 10, 36, 45]) expect(levels[at]).toBeGreaterThan(0.2);
    for (const at of [20, 25, 30]) expect(levels[at]).toBeLessThan(0.02);
  });

  it('is none where nobody is heard or nothing is recorded', async () => {
    const silent = { recording: recording(block(0, tone(60, 0.5))), lanes: [lane('a', [])], signal };
    expect(await encodeListeningSound(silent)).toBeNull();
    expect(await encodeListeningSound({ recording: recording(), lanes: [lane('a', [0])], signal })).toBeNull();
  });

  it('ends at once when the analysis is called off, also if the sound never comes', async () => {
    const stop = new AbortController();
    const hanging = {
      ...recording(),
      audio: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }),
    };
    const encoded = encodeListeningSound({ recording: hanging, lanes: [lane('a', [0])], signal: stop.signal });
    stop.abort(new Error('stopped'));
    await expect(encoded).rejects.toThrow('stopped');

    const off = AbortSignal.abort(new Error('off'));
    const source = recording(block(0, tone(60, 0.5)));
    await expect(encodeListeningSound({ recording: source, lanes: [lane('a', [0])], signal: off })).rejects.toThrow(
      'off',
    );
  });
});
