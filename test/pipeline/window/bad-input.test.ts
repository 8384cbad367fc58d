import fc from 'fast-check';
import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { MediaFrame } from '../../../pipeline/media/media-frame.ts';
import { synchronize } from '../../../pipeline/sync/synchronize.ts';
import { cutUtterances } from '../../../pipeline/window/cut-utterances.ts';
import { ALICE, audioChunk, BOB, bound, image, openTrack, words } from '../../support/pipeline/frames.ts';
import { loudnessVoiceActivity } from '../../support/pipeline/loudness-voice-activity.ts';
import { mediaOf } from '../../support/pipeline/signals.ts';
import { stoppedClock } from '../../support/pipeline/stopped-clock.ts';

function run(frames: readonly MediaFrame[]) {
  let drops = 0;
  const onDrop = ({ count }: { count: number }) => {
    drops += count;
  };
  const signals = lastValueFrom(
    from(frames).pipe(
      synchronize({ clock: stoppedClock, onDrop }),
      cutUtterances({ clock: stoppedClock, voiceActivity: loudnessVoiceActivity(), onDrop }),
      toArray(),
    ),
  );
  return signals.then((all) => ({ signals: all, drops }));
}

const track = fc.constantFrom('a', 'a', 'b', 'v', 't', 'x');
const participant = fc.constantFrom(ALICE, BOB);
const absurd = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -5, 1e15, 1e300, 4e9, 0.1);
const time = fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 0, max: 8000 }) }, { weight: 1, arbitrary: absurd });
const rate = fc.constantFrom(16_000, 16_000, 16_000, 48_000, 8000, 0, 1e9, Number.NaN);
const level = fc.constantFrom(0, 0.5, 0.5, 0.5, 0.5, Number.NaN, 1e30);
const media = fc.constantFrom('audio' as const, 'video' as const, 'transcript' as const);
const length = fc.integer({ min: 0, max: 24_000 });
const anything: fc.Arbitrary<MediaFrame> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(track, time, length, level, rate)
      .map(([id, at, count, value, hz]) => audioChunk(id, at, new Float32Array(count).fill(value), hz)),
  },
  fc.tuple(track, media, participant, time).map((parts) => openTrack(...parts)),
  fc.tuple(track, time).map(([id, at]) => image(id, at)),
  fc.tuple(track, time, time, fc.boolean()).map(([id, at, end, final]) => words(id, at, end, { final })),
  fc.tuple(track, time).map(([id, at]) => bound(id, at)),
);

describe('synchronize and cutUtterances', () => {
  it('end in order whatever comes in', async () => {
    const opening = [
      openTrack('a', 'audio', ALICE),
      openTrack('b', 'audio', BOB),
      openTrack('v', 'video', ALICE),
      openTrack('t', 'transcript', ALICE),
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 60 }), async (frames) => {
        const { signals } = await run([...opening, ...frames]);
        const open = new Set<string>();
        const endOf = new Map<string, number>();
        for (const signal of signals) {
          if (signal.kind === 'opened') {
            expect(signal.startMs).toBeGreaterThanOrEqual(endOf.get(signal.participant.id) ?? 0);
            open.add(signal.utteranceId);
          } else if (signal.kind === 'media') {
            expect(open).toContain(signal.utteranceId);
          } else if (signal.kind === 'closed') {
            const { id, startMs, endMs } = signal.utterance;
            expect(open.delete(id)).toBe(true);
            expect(endMs).toBeGreaterThan(startMs);
            endOf.set(signal.utterance.participant.id, endMs);
            const media = mediaOf(signals, id);
            if (signal.tracks.audio) {
              expect(media.startMs).toBe(startMs);
              expect(media.endMs).toBeGreaterThanOrEqual(endMs);
            }
          }
        }
        expect(open.size).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('stand ten thousand packets of one sample', async () => {
    const packets = Array.from({ length: 10_000 }, (_, n) => audioChunk('a', n / 16, Float32Array.of(0.5)));
    const { signals, drops } = await run([openTrack('a', 'audio'), ...packets]);
    expect(signals.at(-1)).toMatchObject({ kind: 'closed', utterance: { startMs: 0, endMs: 625 } });
    expect(drops).toBe(0);
  });
});
