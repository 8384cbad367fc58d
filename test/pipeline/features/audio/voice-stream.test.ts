import { describe, expect, it } from 'vitest';
import { type EncodedBlock, VOICE_WIDTH } from '../../../../models/index.ts';
import { createAudioFeatureStream } from '../../../../pipeline/features/audio/audio-feature-stream.ts';
import { createVoiceStream } from '../../../../pipeline/features/audio/voice-stream.ts';
import { scriptedVoiceEncoder } from '../../../support/pipeline/scripted-voice-encoder.ts';
import { tone } from '../../../support/recordings.ts';

const RATE_HZ = 16_000;
const voice = tone(3.4, 220, RATE_HZ);

function encoded(tokenCount: number, value: number): EncodedBlock {
  const sums = new Float32Array(2 * VOICE_WIDTH);
  sums.fill(tokenCount * value, 0, VOICE_WIDTH).fill(tokenCount * value ** 2, VOICE_WIDTH);
  return { tokenCount, sums };
}

describe('createVoiceStream', () => {
  it('gives the measures first, then mean and deviation of the encoded tokens', async () => {
    const values = [1, 4];
    const stream = createVoiceStream({ encoder: scriptedVoiceEncoder(async () => encoded(50, values.shift()!)) });
    const measures = createAudioFeatureStream();
    const twoSeconds = 2 * RATE_HZ + 240;
    stream.push(voice);
    measures.push(voice);
    const { features } = await stream.finish(twoSeconds);
    expect(features.subarray(0, 128)).toEqual(measures.finish(twoSeconds).features);
    expect(features.subarray(128, 128 + VOICE_WIDTH).every((value) => value === 2.5)).toBe(true);
    expect(features.subarray(128 + VOICE_WIDTH).every((value) => value === 1.5)).toBe(true);
  });

  it('encodes each second while it is spoken and only the rest at the end', async () => {
    const encoder = scriptedVoiceEncoder();
    const stream = createVoiceStream({ encoder });
    stream.push(voice.subarray(0, 2 * RATE_HZ));
    expect(encoder.blocks.length).toBe(1);
    stream.push(voice.subarray(2 * RATE_HZ));
    expect(encoder.blocks.length).toBe(3);
    await stream.finish(voice.length);
    expect(encoder.blocks.map(({ frameCount }) => frameCount)).toEqual([100, 100, 100, 38]);
  });

  it('is deaf to what lies behind the end', async () => {
    const [short, long] = [voice.subarray(0, 24_000), voice].map((samples) => {
      const stream = createVoiceStream({ encoder: scriptedVoiceEncoder() });
      stream.push(samples);
      return stream.finish(24_000);
    });
    expect(await long).toEqual(await short);
  });

  it('weighs a short last block by its tokens', async () => {
    const stream = createVoiceStream({
      encoder: scriptedVoiceEncoder(async ({ frameCount }) => encoded(frameCount / 2, frameCount === 100 ? 1 : 7)),
    });
    stream.push(voice.subarray(0, 100 * 160 + 50 * 160 + 240));
    const { features } = await stream.finish(100 * 160 + 50 * 160 + 240);
    expect(features[128]).toBe(3);
  });

  it('fails with the encoder, and not before it is asked', async () => {
    const stream = createVoiceStream({ encoder: scriptedVoiceEncoder(() => Promise.reject(new Error('no thread'))) });
    stream.push(voice);
    await expect(stream.finish(voice.length)).rejects.toThrow('no thread');
  });

  it('leaves seconds out when sixteen already wait for the encoder', async () => {
    const waiting: (() => void)[] = [];
    const encoder = scriptedVoiceEncoder(
      (block) => new Promise((resolve) => waiting.push(() => resolve(encoded(block.frameCount / 2, 1)))),
    );
    const stream = createVoiceStream({ encoder });
    const long = tone(19, 220, RATE_HZ);
    stream.push(long);
    const result = stream.finish(long.length);
    expect(encoder.blocks.length).toBe(16);
    for (const answer of waiting) answer();
    expect((await result).features[128]).toBe(1);
  });
});
