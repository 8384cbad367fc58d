import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AudioChunk, MediaFrame, TranscriptSegment } from '../../../pipeline/media/media-frame.ts';
import { cutLive } from '../../support/pipeline/cut-live.ts';
import { ALICE, chunksOf, displace, inOrder, openTrack, words } from '../../support/pipeline/frames.ts';
import { speech } from '../../support/pipeline/loudness-voice-activity.ts';
import { tell } from '../../support/pipeline/signals.ts';

const guess = (startMs: number, endMs: number, segmentId: string) =>
  words('t', startMs, endMs, { segmentId, text: 'a guess', final: false });

const OPENING = [openTrack('a', 'audio'), openTrack('t', 'transcript')];

/** Alternating lengths of silence and voice, ms. */
const turns = fc.array(fc.integer({ min: 400, max: 1800 }), { minLength: 2, maxLength: 6 });
const delays = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 30, maxLength: 30 });
const shares = fc.array(fc.double({ min: 0.05, max: 1, noNaN: true }), { maxLength: 6 });

/** Guesses inside the stretches of voice, with the final words of each. */
function recognised(
  lengths: readonly number[],
  parts: readonly number[],
): { guesses: TranscriptSegment[]; finals: TranscriptSegment[] } {
  const guesses: TranscriptSegment[] = [];
  const finals: TranscriptSegment[] = [];
  let atMs = 0;
  for (const [index, length] of lengths.entries()) {
    if (index % 2 === 1) {
      for (const part of parts) guesses.push(guess(atMs, atMs + length * part, `s${atMs}`));
      finals.push(words('t', atMs, atMs + length, { segmentId: `s${atMs}`, text: `said at ${atMs}` }));
    }
    atMs += length;
  }
  return { guesses, finals };
}

describe('interim words, whatever comes when', () => {
  it('change nothing where there is a voice', async () => {
    await fc.assert(
      fc.asyncProperty(turns, shares, async (lengths, parts) => {
        const { guesses, finals } = recognised(lengths, parts);
        const audio = chunksOf('a', speech(...lengths, 1500));
        const told = async (segments: TranscriptSegment[]) =>
          tell(await cutLive([...OPENING, ...inOrder([...audio, ...segments])]));
        expect(await told([...guesses, ...finals])).toEqual(await told(finals));
      }),
      { numRuns: 25 },
    );
  });

  it('change nothing that is told of a participant without audio', async () => {
    await fc.assert(
      fc.asyncProperty(turns, shares, async (lengths, parts) => {
        const { guesses, finals } = recognised(lengths, parts);
        const told = async (segments: TranscriptSegment[]) => tell(await cutLive([OPENING[1]!, ...inOrder(segments)]));
        expect(await told([...guesses, ...finals])).toEqual(await told(finals));
      }),
      { numRuns: 100 },
    );
  });

  // Words come in their recogniser's order: guesses behind their own final words would count for nothing.
  it('tell the same of a quiet voice for every order of arrival of its audio within the jitter budget', async () => {
    await fc.assert(
      fc.asyncProperty(turns, shares, delays, async (lengths, parts, amounts) => {
        const { guesses, finals } = recognised(lengths, parts);
        const silent = lengths.reduce((sum, length) => sum + length, 3000);
        const audio: (AudioChunk | TranscriptSegment)[] = chunksOf('a', speech(silent));
        const told = async (budgetMs: number) =>
          tell(await cutLive([...OPENING, ...displace(audio, budgetMs, amounts, [...guesses, ...finals])]));
        expect(await told(200)).toEqual(await told(0));
      }),
      { numRuns: 25 },
    );
  });

  it('open each utterance once, close it once, and never give it their text', async () => {
    const segment = fc.record({
      startMs: fc.integer({ min: 0, max: 6000 }),
      lengthMs: fc.integer({ min: 0, max: 1500 }),
      id: fc.integer({ min: 0, max: 5 }),
      final: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        turns,
        fc.array(segment, { maxLength: 20 }),
        fc.constantFrom('never', 'from the start', 'later'),
        async (lengths, segments, heard) => {
          const spoken = segments.map(({ startMs, lengthMs, id, final }) =>
            words('t', startMs, startMs + lengthMs, { segmentId: `s${id}`, text: final ? 'said' : 'a guess', final }),
          );
          const startMs = heard === 'later' ? 3000 : 0;
          const audio = [openTrack('a', 'audio', ALICE, startMs), ...chunksOf('a', speech(...lengths), { startMs })];
          const media = inOrder<MediaFrame>(heard === 'never' ? spoken : [...audio, ...spoken]);
          const signals = await cutLive([openTrack('t', 'transcript'), ...media]);
          const ids = (kind: 'opened' | 'closed') =>
            signals.flatMap((signal) => {
              if (signal.kind !== kind) return [];
              return signal.kind === 'opened' ? [signal.utteranceId] : [signal.utterance.id];
            });
          expect(new Set(ids('opened')).size).toBe(ids('opened').length);
          expect(ids('closed')).toEqual(ids('opened'));
          for (const signal of signals) {
            if (signal.kind !== 'closed' && signal.kind !== 'transcribed') continue;
            expect(signal.transcript.every(({ final }) => final)).toBe(true);
            expect(signal.utterance.endMs).toBeGreaterThan(signal.utterance.startMs);
          }
          const ranges = signals.flatMap((signal) => (signal.kind === 'closed' ? [signal.utterance] : []));
          for (const [index, range] of ranges.entries()) {
            if (index > 0) expect(range.startMs).toBeGreaterThanOrEqual(ranges[index - 1]!.endMs);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
