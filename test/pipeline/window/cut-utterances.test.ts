import fc from 'fast-check';
import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import type { MediaFrame } from '../../../pipeline/media/media-frame.ts';
import { type CutUtterancesOptions, cutUtterances } from '../../../pipeline/window/cut-utterances.ts';
import type { WindowReport } from '../../../pipeline/window/participant-lane.ts';
import type { UtteranceSignal } from '../../../pipeline/window/utterance.ts';
import { ALICE, BOB, bound, chunksOf, image, openTrack, words } from '../../support/pipeline/frames.ts';
import { loudnessVoiceActivity, speech } from '../../support/pipeline/loudness-voice-activity.ts';
import { mediaOf, tell } from '../../support/pipeline/signals.ts';
import { stoppedClock } from '../../support/pipeline/stopped-clock.ts';

function cut(options: Partial<CutUtterancesOptions> = {}) {
  return cutUtterances({ clock: stoppedClock, voiceActivity: loudnessVoiceActivity(), ...options });
}

function signalsOf(
  frames: readonly MediaFrame[],
  options: Partial<CutUtterancesOptions> = {},
): Promise<UtteranceSignal[]> {
  return lastValueFrom(from(frames).pipe(cut(options), toArray()));
}

const HELLO = chunksOf('a', speech(400, 1000, 1000));

describe('cutUtterances', () => {
  it('turns voice between silences into one utterance with its audio', async () => {
    const signals = await signalsOf([openTrack('a', 'audio'), ...HELLO]);
    expect(tell(signals)).toEqual(['opened alice-264', 'closed alice-264 264–1408 silence']);
    const { startMs, endMs, samples } = mediaOf(signals, 'alice-264');
    expect([startMs, endMs]).toEqual([264, 1984]);
    expect(samples).toEqual(speech(400, 1000, 1000).slice(264 * 16, 1984 * 16));
  });

  it('tells each decision and its reason, without the words', async () => {
    const told: WindowReport[] = [];
    const opening = [openTrack('a', 'audio'), openTrack('t', 'transcript')];
    const late = words('t', 500, 1200, { text: 'a secret' });
    const nowhere = words('t', 9000, 9100, { segmentId: 'n', text: 'a secret' });
    await signalsOf([...opening, ...HELLO, late, bound('t'), bound('a'), nowhere], {
      onDecision: (decision) => told.push(decision),
    });
    expect(told.map(({ decision, reason }) => [decision, reason])).toEqual([
      ['opened', 'voice'],
      ['closed', 'silence'],
      ['opened', 'words'],
      ['closed', 'transcript-final'],
    ]);
    expect(told[1]).toEqual({
      participantId: 'alice',
      utteranceId: 'alice-264',
      decision: 'closed',
      reason: 'silence',
      mediaTimeMs: 1408,
      details: { segments: 1 },
    });
    expect(JSON.stringify(told)).not.toContain('secret');
  });

  it('gives the same signals for every size of chunk', async () => {
    const expected = await signalsOf([openTrack('a', 'audio'), ...HELLO]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 700 }), async (chunkMs) => {
        const chunks = chunksOf('a', speech(400, 1000, 1000), { chunkMs });
        const signals = await signalsOf([openTrack('a', 'audio'), ...chunks]);
        expect(tell(signals)).toEqual(tell(expected));
        expect(mediaOf(signals, 'alice-264')).toEqual(mediaOf(expected, 'alice-264'));
      }),
      { numRuns: 20 },
    );
  });

  it('closes what is open with the track, and pads what is no whole frame', async () => {
    const signals = await signalsOf([openTrack('a', 'audio'), ...chunksOf('a', speech(400, 803))]);
    expect(tell(signals)).toEqual(['opened alice-264', 'closed alice-264 264–1203 track-end']);
    expect(mediaOf(signals, 'alice-264').endMs).toBe(1203);
  });

  it('says which tracks the participant had', async () => {
    const opening = [openTrack('a', 'audio'), openTrack('t', 'transcript')];
    const tracksOf = async (...frames: MediaFrame[]) =>
      (await signalsOf(frames)).flatMap((signal) => (signal.kind === 'closed' ? [signal.tracks] : []));
    const withWords = [{ text: true, audio: true, video: false }];
    expect(await tracksOf(...opening, ...HELLO)).toEqual(withWords);
    expect(await tracksOf(...opening, ...HELLO, bound('t'), bound('a'))).toEqual(withWords);
    expect(await tracksOf(...opening, bound('t'), ...HELLO)).toEqual([{ text: false, audio: true, video: false }]);
  });

  it('cuts at the maximum length without losing a sample', async () => {
    const signal = speech(100, 5000, 1000);
    const signals = await signalsOf([openTrack('a', 'audio'), ...chunksOf('a', signal)], { maxUtteranceMs: 2000 });
    expect(tell(signals)).toEqual([
      'opened alice-0',
      'closed alice-0 0–2000 max-length',
      'opened alice-2000',
      'closed alice-2000 2000–4000 max-length',
      'opened alice-4000',
      'closed alice-4000 4000–5120 silence',
    ]);
    for (const [id, start] of [
      ['alice-0', 0],
      ['alice-2000', 2000],
      ['alice-4000', 4000],
    ] as const) {
      const media = mediaOf(signals, id);
      expect(media.startMs).toBe(start);
      expect(media.samples).toEqual(signal.slice(start * 16, media.endMs * 16));
    }
  });

  it('begins anew behind a hole in the audio', async () => {
    const later = chunksOf('a', speech(0, 1000, 1000), { startMs: 10_000 });
    const signals = await signalsOf([openTrack('a', 'audio'), ...chunksOf('a', speech(400, 800)), ...later]);
    expect(tell(signals)).toEqual([
      'opened alice-264',
      'closed alice-264 264–1200 silence',
      'opened alice-10000',
      'closed alice-10000 10000–11024 silence',
    ]);
  });

  it('has audio behind a hole judged without what came before it', async () => {
    const voiceActivity = loudnessVoiceActivity();
    const later = chunksOf('a', speech(320), { startMs: 10_000 });
    await signalsOf([openTrack('a', 'audio'), ...chunksOf('a', speech(320)), ...later], { voiceActivity });
    expect(voiceActivity.streams).toBe(2);
    expect(voiceActivity.pushes).toEqual([1, 8, 1, 8, 2]);
  });

  it('keeps overlapping speakers apart, with decisions in the order of media time', async () => {
    const alice = chunksOf('a', speech(400, 1000, 1000));
    const bob = chunksOf('b', speech(800, 1000, 1000));
    const expected = [
      'opened alice-264',
      'opened bob-680',
      'closed alice-264 264–1408 silence',
      'closed bob-680 680–1824 silence',
    ];
    const opening = [openTrack('a', 'audio', ALICE), openTrack('b', 'audio', BOB)];
    expect(tell(await signalsOf([...opening, ...alice, ...bob]))).toEqual(expected);
    expect(tell(await signalsOf([...opening, ...bob, ...alice]))).toEqual(expected);
  });

  it('keeps one push in flight a participant and lets 256 ms of the rest go together', async () => {
    const voiceActivity = loudnessVoiceActivity(() => new Promise((resolve) => setTimeout(resolve, 5)));
    await signalsOf([openTrack('a', 'audio'), ...HELLO], { voiceActivity });
    expect(voiceActivity.maxInFlight).toBe(1);
    expect(voiceActivity.pushes).toEqual([1, ...Array<number>(9).fill(8), 2]);
  });

  it('counts what the voice-activity model refuses as silence, and goes on', async () => {
    let refusals = 0;
    const voiceActivity = loudnessVoiceActivity(async () => {
      refusals += 1;
      if (refusals === 1) {
        throw new Error('no worker');
      }
    });
    const onDrop = vi.fn();
    const signals = await signalsOf([openTrack('a', 'audio'), ...HELLO], { voiceActivity, onDrop });
    expect(tell(signals)).toHaveLength(2);
    const cause = new Error('no worker');
    expect(onDrop.mock.calls).toEqual([[{ participantId: 'alice', reason: 'voice-activity-failed', count: 1, cause }]]);
  });

  it.each([
    ['nothing', undefined],
    ['too few', new Float32Array(0)],
  ])('hears silence where the model gives %s probabilities', async (_, answer) => {
    const onDrop = vi.fn();
    const push = async () => answer as Float32Array;
    const signals = await signalsOf([openTrack('a', 'audio'), ...HELLO], {
      voiceActivity: { openStream: () => ({ push }) },
      onDrop,
    });
    expect(signals).toEqual([]);
    expect(onDrop.mock.calls.every(([{ reason }]) => reason === 'voice-activity-failed')).toBe(true);
    expect(onDrop.mock.calls.reduce((sum, [{ count }]) => sum + count, 0)).toBe(75);
  });

  it('drops the oldest audio, counted, when the model is further behind than the timeline', async () => {
    const onDrop = vi.fn();
    const limits = { maxUtteranceMs: 1000, endSilenceMs: 200, timelineMs: 2048 };
    const frames = [openTrack('a', 'audio'), ...chunksOf('a', speech(4000, 1000, 1000))];
    const signals = await signalsOf(frames, { ...limits, onDrop });
    expect(tell(signals)).toEqual(['opened alice-3968', 'closed alice-3968 3968–4968 max-length']);
    expect(onDrop.mock.calls.every(([{ reason }]) => reason === 'timeline-overflow')).toBe(true);
    expect(onDrop.mock.calls.reduce((sum, [{ count }]) => sum + count, 0)).toBe(124);
  });

  it('tells which audio the model works on, and when it works on none', async () => {
    const onPending = vi.fn();
    await signalsOf([openTrack('a', 'audio'), ...HELLO], { onPending });
    const told = onPending.mock.calls.map(([ms]) => ms);
    expect(told[0]).toBe(0);
    expect(Math.max(...told.slice(0, -1))).toBeGreaterThan(1000);
    expect(told.at(-1)).toBe(Number.POSITIVE_INFINITY);
  });

  it.each(['maxUtteranceMs', 'endSilenceMs', 'stallMs', 'patienceMs'] as const)('refuses a %s of zero', (name) => {
    expect(() => cut({ [name]: 0 })).toThrow(RangeError);
  });
});

describe('cutUtterances with pictures', () => {
  const pictures = [0, 300, 600, 900, 1200, 1500].map((ms) => image('v', ms));
  const opening = [openTrack('a', 'audio'), openTrack('v', 'video')];

  it('gives an utterance the pictures from its start on, also those that came before it was noticed', async () => {
    const signals = await signalsOf([...opening, ...pictures, bound('v', 1500), ...HELLO]);
    expect(mediaOf(signals, 'alice-264').imagesMs).toEqual([300, 600, 900, 1200, 1500]);
  });

  it('counts a picture as lost only while it may belong to an utterance', async () => {
    const room = { imageBytes: 3000 };
    const onDrop = vi.fn();
    await signalsOf([openTrack('v', 'video'), ...pictures, bound('v', 1500)], { ...room, onDrop });
    expect(onDrop).not.toHaveBeenCalled();
    await signalsOf([...opening, ...pictures, bound('v', 1500), ...HELLO], { ...room, onDrop });
    expect(onDrop.mock.calls.map(([{ reason }]) => reason)).toContain('image-overflow');
  });

  it('waits with the decision for pictures of the utterance', async () => {
    const signals = await signalsOf([...opening, ...HELLO, ...pictures, bound('v', 1500)]);
    expect(mediaOf(signals, 'alice-264').imagesMs).toEqual([300, 600, 900, 1200, 1500]);
  });

  it('gives pictures behind a cut to the next utterance', async () => {
    const voice = chunksOf('a', speech(0, 2000, 1000));
    const frames = [...opening, ...pictures, ...voice, bound('v', 3000)];
    const signals = await signalsOf(frames, { maxUtteranceMs: 1000 });
    expect(mediaOf(signals, 'alice-1000').imagesMs).toEqual([1200, 1500]);
  });
});

describe('cutUtterances with words', () => {
  const opening = [openTrack('a', 'audio'), openTrack('t', 'transcript')];

  it('gives an utterance the final words that have landed, by start', async () => {
    const frames = [
      ...opening,
      words('t', 900, 1400, { text: 'there' }),
      words('t', 400, 800, { text: 'hello' }),
      words('t', 400, 500, { text: 'interim', segmentId: 'x', final: false }),
      ...HELLO,
    ];
    expect(tell(await signalsOf(frames)).at(-1)).toBe('closed alice-264 264–1408 transcript-final "hello" "there"');
  });

  it('cuts where final words end and the speaker goes on, and replays what follows', async () => {
    const signal = speech(400, 4000, 1000);
    const frames = [...opening, ...chunksOf('a', signal), words('t', 400, 2500, { text: 'one' })];
    const signals = await signalsOf(frames);
    expect(tell(signals)).toEqual([
      'opened alice-264',
      'closed alice-264 264–2500 transcript-final "one"',
      'opened alice-2500',
      'closed alice-2500 2500–4416 silence',
    ]);
    const { samples, endMs } = mediaOf(signals, 'alice-2500');
    expect(samples).toEqual(signal.slice(2500 * 16, endMs * 16));
  });

  it('drops and counts words where nobody was heard', async () => {
    const onDrop = vi.fn();
    const frames = [...opening, ...chunksOf('a', speech(5000)), words('t', 1000, 2000)];
    expect(await signalsOf(frames, { onDrop })).toEqual([]);
    expect(onDrop.mock.calls).toEqual([
      [{ participantId: 'alice', reason: 'unmatched-transcript', count: 1, segmentIds: ['s1000'] }],
    ]);
  });
});
