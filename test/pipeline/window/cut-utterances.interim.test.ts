import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { from, lastValueFrom, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../pipeline/media/clock.ts';
import type { MediaFrame, TranscriptSegment } from '../../../pipeline/media/media-frame.ts';
import { synchronize } from '../../../pipeline/sync/synchronize.ts';
import { type CutUtterancesOptions, cutUtterances } from '../../../pipeline/window/cut-utterances.ts';
import type { UtteranceSignal } from '../../../pipeline/window/utterance.ts';
import {
  ALICE,
  audioChunk,
  bound,
  chunksOf,
  displace,
  image,
  openTrack,
  words,
} from '../../support/pipeline/frames.ts';
import { loudnessVoiceActivity, speech } from '../../support/pipeline/loudness-voice-activity.ts';
import { mediaOf, tell } from '../../support/pipeline/signals.ts';

type Helpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

function marbles(run: (helpers: Helpers, clock: Clock) => void): void {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  scheduler.run((helpers) => run(helpers, { now: () => scheduler.now(), scheduler }));
}

const guess = (startMs: number, endMs: number, segmentId = `s${startMs}`) =>
  words('t', startMs, endMs, { segmentId, text: 'a guess', final: false });

const HELLO = words('t', 1000, 2000, { text: 'hello' });
const FRAMES = {
  t: openTrack('t', 'transcript'),
  g: guess(1000, 1300),
  i: guess(1000, 1800),
  n: guess(2500, 2700),
  h: HELLO,
  N: words('t', 2500, 3000, { text: 'next' }),
  e: bound('t'),
  v: openTrack('v', 'video'),
  p: image('v', 1500),
};

const utterance = (startMs: number, endMs: number, endedBy = 'transcript-final') => ({
  id: `alice-${startMs}`,
  participant: ALICE,
  startMs,
  endMs,
  endedBy,
});
const opened = (startMs: number) => ({ kind: 'opened', utteranceId: `alice-${startMs}`, participant: ALICE, startMs });
const closed = (of: ReturnType<typeof utterance>, transcript: readonly TranscriptSegment[], decidedAtMs: number) => ({
  kind: 'closed',
  utterance: of,
  tracks: { text: true, audio: false, video: false },
  transcript,
  decidedAtMs,
});

describe('interim words of a participant without audio', () => {
  const cut = (clock: Clock, options: Partial<CutUtterancesOptions> = {}) =>
    cutUtterances({ clock, voiceActivity: loudnessVoiceActivity(), ...options });

  it('open an utterance as they land, and final words close it', () => {
    marbles(({ cold, expectObservable }, clock) => {
      expectObservable(cold<MediaFrame>('t-g--i---h--|', FRAMES).pipe(cut(clock))).toBe('--o------c--|', {
        o: opened(1000),
        c: closed(utterance(1000, 2000), [HELLO], 9),
      });
    });
  });

  it('count for nothing once the final words are there', () => {
    marbles(({ cold, expectObservable }, clock) => {
      expectObservable(cold<MediaFrame>('t-h--g--i|', FRAMES).pipe(cut(clock))).toBe('--(oc)---|', {
        o: opened(1000),
        c: closed(utterance(1000, 2000), [HELLO], 2),
      });
    });
  });

  it('of the next segment wait until the open one is closed', () => {
    marbles(({ cold, expectObservable }, clock) => {
      expectObservable(cold<MediaFrame>('t-g-n--h----N|', FRAMES).pipe(cut(clock))).toBe('--o----(cp)-d|', {
        o: opened(1000),
        c: closed(utterance(1000, 2000), [HELLO], 7),
        p: opened(2500),
        d: closed(utterance(2500, 3000), [FRAMES.N], 12),
      });
    });
  });

  it('of a segment that is given up make way for the final words of the next', () => {
    marbles(({ cold, expectObservable }, clock) => {
      expectObservable(cold<MediaFrame>('t-g----N-----|', FRAMES).pipe(cut(clock))).toBe('--o----(cpd)-|', {
        o: opened(1000),
        c: closed(utterance(1000, 1300, 'silence'), [], 7),
        p: opened(2500),
        d: closed(utterance(2500, 3000), [FRAMES.N], 7),
      });
    });
  });

  it('that never become final end without words, and late final ones revise them', () => {
    marbles(({ cold, expectObservable }, clock) => {
      const source = cold<MediaFrame>('t-g 9ms i 29ms h--|', FRAMES);
      expectObservable(source.pipe(cut(clock, { interimMs: 20 }))).toBe('--o 29ms c 9ms t--|', {
        o: opened(1000),
        c: closed(utterance(1000, 1800, 'silence'), [], 32),
        t: {
          kind: 'transcribed',
          utterance: utterance(1000, 1800, 'silence'),
          tracks: { text: true, audio: false, video: false },
          transcript: [HELLO],
          arrivedAtMs: 42,
        },
      });
    });
  });

  it('leave nothing open when their track or the call ends', () => {
    marbles(({ cold, expectObservable }, clock) => {
      for (const [frames, told] of [
        ['t-g--e--|', '--o--c--|'],
        ['t-g--|', '--o--(c|)'],
      ] as const) {
        expectObservable(cold<MediaFrame>(frames, FRAMES).pipe(cut(clock))).toBe(told, {
          o: opened(1000),
          c: closed(utterance(1000, 1300, 'track-end'), [], 5),
        });
      }
    });
  });

  it('leave no timer behind', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }, clock) => {
      const source = cold<MediaFrame>('t-g------', FRAMES);
      expectObservable(source.pipe(cut(clock, { interimMs: 4 })), '^---!').toBe('--o-', { o: opened(1000) });
      expectSubscriptions(source.subscriptions).toBe('^---!');
    });
  });

  it('end at the maximum length when they go on without end', () => {
    marbles(({ cold, expectObservable }, clock) => {
      const frames = { ...FRAMES, i: guess(1000, 4000, 's1000') };
      expectObservable(cold<MediaFrame>('t-g-i-i|', frames).pipe(cut(clock, { maxUtteranceMs: 2000 }))).toBe(
        '--o-c--|',
        {
          o: opened(1000),
          c: closed(utterance(1000, 3000, 'max-length'), [], 4),
        },
      );
    });
  });
});

/** Lets what has arrived be decided before the next frame comes, as in a live call. */
async function* live(frames: readonly MediaFrame[]): AsyncGenerator<MediaFrame> {
  for (const frame of frames) {
    yield frame;
    await setImmediate();
  }
}

function signalsOf(frames: readonly MediaFrame[]): Promise<UtteranceSignal[]> {
  const cut = cutUtterances({ clock: systemClock, voiceActivity: loudnessVoiceActivity() });
  return lastValueFrom(from(live(frames)).pipe(synchronize({ clock: systemClock }), cut, toArray()));
}

const OPENING = [openTrack('a', 'audio'), openTrack('t', 'transcript')];
/** Words land when they have been said; audio in pieces of 20 ms. */
const inOrder = (...frames: MediaFrame[]) => [...OPENING, ...displace(frames as never[], 0, [0])] as MediaFrame[];
const QUIET = (ms: number) => chunksOf('a', speech(ms));

describe('interim words of a participant whose voice is followed', () => {
  it('open an utterance that the voice is too quiet for, with its audio, and final words close it', async () => {
    const signals = await signalsOf(
      inOrder(...QUIET(6000), guess(1000, 1500), guess(1000, 2500), words('t', 1000, 3000)),
    );
    expect(tell(signals)).toEqual(['opened alice-1000', 'closed alice-1000 1000–3000 transcript-final "words"']);
    expect(mediaOf(signals, 'alice-1000').startMs).toBe(1000);
    expect(mediaOf(signals, 'alice-1000').samples.length).toBeGreaterThanOrEqual(2000 * 16);
  });

  it('do so too when the final words come first to wait', async () => {
    const signals = await signalsOf(inOrder(...QUIET(6000), guess(1000, 1300), words('t', 1000, 1600)));
    expect(tell(signals)).toEqual(['opened alice-1000', 'closed alice-1000 1000–1600 transcript-final "words"']);
  });

  it('that never become final expire in media time', async () => {
    const signals = await signalsOf(
      inOrder(...QUIET(9000), guess(1000, 1500), words('t', 8000, 8200, { final: false })),
    );
    expect(tell(signals)).toEqual(['opened alice-1000', 'closed alice-1000 1000–1500 silence']);
  });

  it('are joined by a voice that grows loud', async () => {
    const audio = chunksOf('a', speech(3000, 1500, 2000));
    expect(tell(await signalsOf(inOrder(...audio, guess(1000, 1500), guess(1000, 2900))))).toEqual([
      'opened alice-1000',
      'closed alice-1000 1000–4512 silence',
    ]);
  });

  it('end where a voice begins that is none of theirs', async () => {
    const audio = chunksOf('a', speech(4000, 1500, 2000));
    expect(tell(await signalsOf(inOrder(...audio, guess(1000, 1500))))).toEqual([
      'opened alice-1000',
      'closed alice-1000 1000–1500 silence',
      'opened alice-3880',
      'closed alice-3880 3880–5504 silence',
    ]);
  });

  it('open an utterance when the audio has stalled, which audio that comes again does not double', async () => {
    const frames = [
      ...OPENING,
      ...QUIET(500),
      guess(1000, 1500),
      audioChunk('a', 1600, speech(0, 1000)),
      ...chunksOf('a', speech(1000), { startMs: 2600 }),
    ];
    const stalls = cutUtterances({ clock: systemClock, voiceActivity: loudnessVoiceActivity(), stallMs: 20 });
    async function* stalling() {
      for (const frame of frames) {
        if (frame.kind === 'transcript') await new Promise((resolve) => setTimeout(resolve, 60));
        yield frame;
        await setImmediate();
      }
    }
    const signals = await lastValueFrom(from(stalling()).pipe(stalls, toArray()));
    expect(tell(signals)).toEqual([
      'opened alice-1000',
      'closed alice-1000 1000–1500 silence',
      'opened alice-1600',
      'closed alice-1600 1600–2624 silence',
    ]);
  });
});

/** Alternating lengths of silence and voice, ms. */
const turns = fc.array(fc.integer({ min: 400, max: 1800 }), { minLength: 2, maxLength: 6 });
const delays = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 30, maxLength: 30 });
const shares = fc.array(fc.double({ min: 0.05, max: 1, noNaN: true }), { maxLength: 6 });

/** Guesses inside the stretches of voice, with the final words of each. */
function recognised(
  lengths: readonly number[],
  parts: readonly number[],
): { guesses: MediaFrame[]; finals: MediaFrame[] } {
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
      fc.asyncProperty(turns, shares, delays, async (lengths, parts, amounts) => {
        const { guesses, finals } = recognised(lengths, parts);
        const audio = chunksOf('a', speech(...lengths, 1500));
        const told = async (frames: MediaFrame[], budgetMs: number) =>
          tell(await signalsOf([...OPENING, ...(displace(frames as never[], budgetMs, amounts) as MediaFrame[])]));
        expect(await told([...audio, ...guesses, ...finals], 0)).toEqual(await told([...audio, ...finals], 0));
      }),
      { numRuns: 25 },
    );
  });

  it('change nothing that is told of a participant without audio', async () => {
    await fc.assert(
      fc.asyncProperty(turns, shares, async (lengths, parts) => {
        const { guesses, finals } = recognised(lengths, parts);
        const told = async (...frames: MediaFrame[]) =>
          tell(await signalsOf([OPENING[1]!, ...(displace(frames as never[], 0, [0]) as MediaFrame[])]));
        expect(await told(...guesses, ...finals)).toEqual(await told(...finals));
      }),
      { numRuns: 100 },
    );
  });

  it('tell the same of a quiet voice for every order of arrival of its audio within the jitter budget', async () => {
    await fc.assert(
      fc.asyncProperty(turns, shares, delays, async (lengths, parts, amounts) => {
        const { guesses, finals } = recognised(lengths, parts);
        const silent = lengths.reduce((sum, length) => sum + length, 3000);
        const media = [...QUIET(silent), ...guesses, ...finals];
        const told = async (budgetMs: number) =>
          tell(await signalsOf([...OPENING, ...(displace(media as never[], budgetMs, amounts) as MediaFrame[])]));
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
          const media = heard === 'never' ? spoken : [...audio, ...spoken];
          const signals = await signalsOf([
            openTrack('t', 'transcript'),
            ...(displace(media as never[], 0, [0]) as MediaFrame[]),
          ]);
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
