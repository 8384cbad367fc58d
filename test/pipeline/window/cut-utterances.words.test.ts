import { NEVER } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../pipeline/media/clock.ts';
import type { MediaFrame } from '../../../pipeline/media/media-frame.ts';
import { cutUtterances } from '../../../pipeline/window/cut-utterances.ts';
import { ALICE, bound, image, openTrack, words } from '../../support/pipeline/frames.ts';
import { loudnessVoiceActivity } from '../../support/pipeline/loudness-voice-activity.ts';

type Helpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

function marbles(run: (helpers: Helpers, clock: Clock) => void): void {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  scheduler.run((helpers) => run(helpers, { now: () => scheduler.now(), scheduler }));
}

const HELLO = words('t', 1000, 2000, { text: 'hello' });
const AGAIN = words('t', 2500, 3000, { text: 'again' });
const FIXED = { ...HELLO, text: 'hallo' };
const FRAMES = { t: openTrack('t', 'transcript'), h: HELLO, a: AGAIN, f: FIXED, e: bound('t') };

const tracks = { text: true, audio: false, video: false };
const utterance = (startMs: number, endMs: number) => ({
  id: `alice-${startMs}`,
  participant: ALICE,
  startMs,
  endMs,
  endedBy: 'transcript-final',
});
const opened = (startMs: number) => ({ kind: 'opened', utteranceId: `alice-${startMs}`, participant: ALICE, startMs });
const SIGNALS = (decidedAtMs: number, arrivedAtMs = 0) => ({
  H: opened(1000),
  h: { kind: 'closed', utterance: utterance(1000, 2000), tracks, transcript: [HELLO], decidedAtMs },
  A: opened(2500),
  a: { kind: 'closed', utterance: utterance(2500, 3000), tracks, transcript: [AGAIN], decidedAtMs },
  f: { kind: 'transcribed', utterance: utterance(1000, 2000), tracks, transcript: [FIXED], arrivedAtMs },
});

/** A participant without audio speaks in words alone, so that its signals need no model and come at once. */
describe('cutUtterances of words alone', () => {
  const cut = (clock: Clock) => cutUtterances({ clock, voiceActivity: loudnessVoiceActivity() });

  it('is silent while the source is', () => {
    marbles(({ expectObservable }, clock) => {
      expectObservable(NEVER.pipe(cut(clock))).toBe('');
    });
  });

  it('is empty where the source is', () => {
    marbles(({ cold, expectObservable }, clock) => {
      expectObservable(cold<MediaFrame>('--|').pipe(cut(clock))).toBe('--|');
    });
  });

  it('tells a role that changes from the next utterance on', () => {
    const agent = { ...ALICE, role: 'agent' as const };
    marbles(({ cold, expectObservable }, clock) => {
      const told = SIGNALS(3);
      const later = { ...SIGNALS(7), A: { ...opened(2500), participant: agent } };
      const second = { ...later.a, utterance: { ...utterance(2500, 3000), participant: agent } };
      const frames = { ...FRAMES, u: openTrack('u', 'transcript', agent), b: { ...AGAIN, trackId: 'u' } };
      expectObservable(cold<MediaFrame>('t--h-eub--', frames).pipe(cut(clock))).toBe('---(Hh)(Ab)', {
        ...told,
        A: later.A,
        b: { ...second, transcript: [frames.b] },
      });
    });
  });

  it('makes an utterance of each final segment as it lands', () => {
    marbles(({ cold, expectObservable }, clock) => {
      expectObservable(cold<MediaFrame>('t--h---e--|', FRAMES).pipe(cut(clock))).toBe('---(Hh)---|', SIGNALS(3));
    });
  });

  it('revises it when the words are corrected', () => {
    marbles(({ cold, expectObservable }, clock) => {
      expectObservable(cold<MediaFrame>('t-h----f--|', FRAMES).pipe(cut(clock))).toBe('--(Hh)-f--|', SIGNALS(2, 7));
    });
  });

  it('passes an error on', () => {
    marbles(({ cold, expectObservable }, clock) => {
      expectObservable(cold<MediaFrame>('t-a---#', FRAMES, 'lost').pipe(cut(clock))).toBe(
        '--(Aa)#',
        SIGNALS(2),
        'lost',
      );
    });
  });

  it('goes on for as long as the source does', () => {
    marbles(({ cold, expectObservable }, clock) => {
      expectObservable(cold<MediaFrame>('t-h-----', FRAMES).pipe(cut(clock))).toBe('--(Hh)--', SIGNALS(2));
    });
  });

  it('leaves the source when unsubscribed', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }, clock) => {
      const source = cold<MediaFrame>('t-h----a', FRAMES);
      expectObservable(source.pipe(cut(clock)), '^-----!').toBe('--(Hh)', SIGNALS(2));
      expectSubscriptions(source.subscriptions).toBe('^-----!');
    });
  });

  it('gives an utterance of words the pictures of its range', () => {
    marbles(({ cold, expectObservable }, clock) => {
      const pictures = { v: openTrack('v', 'video'), p: image('v', 900), q: image('v', 1500), r: image('v', 2000) };
      const source = cold<MediaFrame>('(tvpqrh)', { ...FRAMES, ...pictures });
      const { H, h } = SIGNALS(0);
      const m = { kind: 'media', utteranceId: 'alice-1000', frame: pictures.q };
      expectObservable(source.pipe(cut(clock))).toBe('(Hmh)', {
        H,
        m,
        h: { ...h, tracks: { ...tracks, video: true } },
      });
    });
  });
});
