import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MediaFrame } from '../../../pipeline/media/media-frame.ts';
import type { UtteranceSignal } from '../../../pipeline/window/utterance.ts';
import { cutLive } from '../../support/pipeline/cut-live.ts';
import { ALICE, BOB, chunksOf, displace, image, openTrack, words } from '../../support/pipeline/frames.ts';
import { speech } from '../../support/pipeline/loudness-voice-activity.ts';
import { mediaOf, tell } from '../../support/pipeline/signals.ts';

const OPENING = [
  openTrack('a', 'audio', ALICE),
  openTrack('v', 'video', ALICE),
  openTrack('t', 'transcript', ALICE),
  openTrack('b', 'audio', BOB),
];

const signalsOf = (frames: readonly MediaFrame[]) => cutLive(frames, { maxUtteranceMs: 1500 });

/** What matters of the signals: all that is told, and each utterance's media up to its end. */
function essence(signals: readonly UtteranceSignal[]) {
  const media = signals.flatMap((signal) => {
    if (signal.kind !== 'closed') {
      return [];
    }
    const { id, startMs, endMs } = signal.utterance;
    const { samples, imagesMs } = mediaOf(signals, id);
    const audio = samples.subarray(0, (endMs - startMs) * 16);
    return [{ id, startMs, audio, images: imagesMs.filter((ms) => ms < endMs), tracks: signal.tracks }];
  });
  return { told: tell(signals), media };
}

/** Alternating lengths of silence and voice, ms. */
const turns = fc.array(fc.integer({ min: 100, max: 1800 }), { minLength: 2, maxLength: 6 });
const delays = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 30, maxLength: 30 });

describe('synchronize and cutUtterances', () => {
  it('tell the same for every order of arrival within the jitter budget', async () => {
    await fc.assert(
      fc.asyncProperty(turns, turns, delays, async (alice, bob, amounts) => {
        const media = [
          ...chunksOf('a', speech(...alice)),
          ...chunksOf('b', speech(...bob)),
          ...Array.from({ length: 20 }, (_, index) => image('v', index * 83, index)),
          words('t', alice[0]!, alice[0]! + alice[1]!, { text: 'hello' }),
        ];
        const expected = essence(await signalsOf([...OPENING, ...displace(media, 0, [0])]));
        expect(essence(await signalsOf([...OPENING, ...displace(media, 200, amounts)]))).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('tell of a speaker the same, whoever speaks beside', async () => {
    await fc.assert(
      fc.asyncProperty(turns, turns, async (alice, bob) => {
        const own = chunksOf('a', speech(...alice));
        const both = [...own, ...chunksOf('b', speech(...bob))].sort((x, y) => x.startMs - y.startMs);
        const alone = essence(await signalsOf([...OPENING, ...own]));
        const beside = essence(await signalsOf([...OPENING, ...both]));
        expect(beside.told.filter((line) => line.includes('alice'))).toEqual(alone.told);
        expect(beside.media.filter(({ id }) => id.startsWith('alice'))).toEqual(alone.media);
      }),
      { numRuns: 15 },
    );
  });

  it('lose no sample of an utterance', async () => {
    await fc.assert(
      fc.asyncProperty(turns, async (alice) => {
        const signal = speech(...alice);
        const { media } = essence(await signalsOf([...OPENING, ...chunksOf('a', signal, { chunkMs: 33 })]));
        for (const { startMs, audio } of media) {
          expect(audio).toEqual(signal.slice(startMs * 16, startMs * 16 + audio.length));
        }
      }),
      { numRuns: 15 },
    );
  });
});
