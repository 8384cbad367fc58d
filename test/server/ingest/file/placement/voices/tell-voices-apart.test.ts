import { describe, expect, it } from 'vitest';
import { SPEAKER_EXCERPT_SAMPLES } from '../../../../../../models/index.ts';
import { surveyRecording } from '../../../../../../server/ingest/file/placement/survey-recording.ts';
import { measureLevel } from '../../../../../../server/ingest/file/placement/voice-activity.ts';
import { tellVoicesApart } from '../../../../../../server/ingest/file/placement/voices/tell-voices-apart.ts';
import type { Recording } from '../../../../../../server/ingest/file/recording.ts';
import { signEncoder } from '../../../../../support/voices/excerpts.ts';

/** Who speaks in each 100 ms: 0, 1 or nobody (`.`). A voice has a sign. */
function recordingOf(pattern: string, sampleRateHz = 8000): Recording {
  const step = sampleRateHz / 10;
  const samples = Float32Array.from({ length: pattern.length * step }, (_, i) => {
    const voice = pattern[Math.floor(i / step)]!;
    return voice === '.' ? 0 : (voice === '0' ? 0.3 : -0.3) * (1 + Math.sin(i / 3));
  });
  return {
    durationMs: pattern.length * 100,
    channelCount: 1,
    sampleRateHz,
    hasVideo: false,
    async *audio() {
      for (let from = 0; from < samples.length; from += 1111) {
        yield { kind: 'audio', startMs: (from * 1000) / sampleRateHz, channels: [samples.slice(from, from + 1111)] };
      }
    },
    async *images() {},
    close() {},
  };
}

async function tell(pattern: string, encoder = signEncoder(), sampleRateHz?: number) {
  const recording = recordingOf(pattern, sampleRateHz);
  const { levelsDb } = await surveyRecording(recording);
  return tellVoicesApart({ recording, channel: 0, voiced: measureLevel(levelsDb[0]!).voiced, encoder });
}

const turn = (voice: string, steps: number) => voice.repeat(steps);
/** Without enough silence, nothing is louder than the rest. */
const SILENCE = '.'.repeat(20);

describe('tellVoicesApart', () => {
  it('gives each voice where it is heard, and pauses to the nearest voice', async () => {
    const pattern = `${SILENCE}${turn('0', 20)}....${turn('1', 30)}....${turn('0', 9)}....${turn('1', 25)}..`;
    const masks = await tell(pattern);
    const [first, second] = masks!.map((mask) => [...mask]);
    expect(first!.map((value, i) => value + second![i]!)).toEqual(Array(pattern.length).fill(1));
    const wrong = [...pattern].filter((voice, step) => voice !== '.' && Number(voice) !== second![step]);
    expect(wrong).toHaveLength(0);
  });

  it('finds the change of speakers within half a second where no pause parts them', async () => {
    const pattern = `${turn('0', 30)}${turn('1', 30)}.....${turn('0', 20)}${SILENCE}`;
    const [, second] = (await tell(pattern))!;
    expect(Math.abs(second.indexOf(1) - 30)).toBeLessThanOrEqual(5);
    expect(second[10]).toBe(0);
    expect(second[50]).toBe(1);
  });

  it('hears one voice where there is one', async () => {
    expect(await tell(`${turn('0', 40)}.....${turn('0', 40)}${SILENCE}${turn('0', 40)}`)).toBeNull();
    expect(await tell('0000')).toBeNull();
    expect(await tell('..........')).toBeNull();
  });

  it.each([8000, 16_000, 44_100])('gives the encoder whole excerpts of sound at %i Hz', async (sampleRateHz) => {
    const encoder = signEncoder();
    await tell(`${turn('0', 20)}....${turn('1', 5)}....${turn('0', 50)}${SILENCE}`, encoder, sampleRateHz);
    expect(encoder.excerpts).toHaveLength(2 + 1 + 6);
    for (const excerpt of encoder.excerpts) {
      expect(excerpt).toHaveLength(SPEAKER_EXCERPT_SAMPLES);
      // Short voices are repeated, not padded with silence.
      expect(excerpt.filter((sample) => Math.abs(sample) > 1e-3).length).toBeGreaterThan(0.9 * SPEAKER_EXCERPT_SAMPLES);
    }
  });

  it('fails with the encoder’s error', async () => {
    const encoder = { describe: () => Promise.reject(new Error('the model has failed')) };
    await expect(tell(`${turn('0', 60)}${SILENCE}`, { ...encoder, excerpts: [] })).rejects.toThrow(
      'the model has failed',
    );
  });
});
