import { setImmediate } from 'node:timers/promises';
import { filter, from, lastValueFrom, map, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../pipeline/media/clock.ts';
import type { AudioChunk, MediaFrame, TranscriptSegment } from '../../../pipeline/media/media-frame.ts';
import { type CutUtterancesOptions, cutUtterances } from '../../../pipeline/window/cut-utterances.ts';
import { cutLive } from '../../support/pipeline/cut-live.ts';
import { ALICE, audioChunk, bound, chunksOf, image, inOrder, openTrack, words } from '../../support/pipeline/frames.ts';
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

  it('open an utterance with an id of its own, close as it may be behind final words of no length', () => {
    const frames = { t: FRAMES.t, n: words('t', 1, 1), g: guess(0, 10) };
    marbles(({ cold, expectObservable }, clock) => {
      const ids = cold<MediaFrame>('t-n-g|', frames).pipe(
        cut(clock),
        filter(({ kind }) => kind === 'opened'),
        map((signal) => (signal.kind === 'opened' ? signal.utteranceId : '')),
      );
      expectObservable(ids).toBe('--a-b|', { a: 'alice-1', b: 'alice-2' });
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

const OPENING = [openTrack('a', 'audio'), openTrack('t', 'transcript')];
const inTime = (...frames: (AudioChunk | TranscriptSegment)[]) => [...OPENING, ...inOrder(frames)];
const QUIET = (ms: number) => chunksOf('a', speech(ms));

describe('interim words of a participant whose voice is followed', () => {
  it('open an utterance that the voice is too quiet for, with its audio, and final words close it', async () => {
    const signals = await cutLive(inTime(...QUIET(6000), guess(1000, 1500), guess(1000, 2500), words('t', 1000, 3000)));
    expect(tell(signals)).toEqual(['opened alice-1000', 'closed alice-1000 1000–3000 transcript-final "words"']);
    expect(mediaOf(signals, 'alice-1000').startMs).toBe(1000);
    expect(mediaOf(signals, 'alice-1000').samples.length).toBeGreaterThanOrEqual(2000 * 16);
  });

  it('do so too when the final words come first to wait', async () => {
    const signals = await cutLive(inTime(...QUIET(6000), guess(1000, 1300), words('t', 1000, 1600)));
    expect(tell(signals)).toEqual(['opened alice-1000', 'closed alice-1000 1000–1600 transcript-final "words"']);
  });

  it('that never become final expire in media time', async () => {
    const signals = await cutLive(inTime(...QUIET(9000), guess(1000, 1500), words('t', 8000, 8200, { final: false })));
    expect(tell(signals)).toEqual(['opened alice-1000', 'closed alice-1000 1000–1500 silence']);
  });

  it('are joined by a voice that grows loud', async () => {
    const audio = chunksOf('a', speech(3000, 1500, 2000));
    expect(tell(await cutLive(inTime(...audio, guess(1000, 1500), guess(1000, 2900))))).toEqual([
      'opened alice-1000',
      'closed alice-1000 1000–4512 silence',
    ]);
  });

  it('end where a voice begins that is none of theirs', async () => {
    const audio = chunksOf('a', speech(4000, 1500, 2000));
    expect(tell(await cutLive(inTime(...audio, guess(1000, 1500))))).toEqual([
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
