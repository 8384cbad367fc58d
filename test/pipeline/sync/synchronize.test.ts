import fc from 'fast-check';
import { concat, from, NEVER, of, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../../pipeline/media/clock.ts';
import { systemClock } from '../../../pipeline/media/clock.ts';
import type { MediaFrame } from '../../../pipeline/media/media-frame.ts';
import { type SynchronizeOptions, synchronize } from '../../../pipeline/sync/synchronize.ts';
import {
  audioChunk,
  bound,
  chunksOf,
  concatSamples,
  displace,
  image,
  openTrack,
  words,
} from '../../support/pipeline/frames.ts';

function outputOf(frames: readonly MediaFrame[], options: Partial<SynchronizeOptions> = {}): MediaFrame[] {
  let out: MediaFrame[] = [];
  from(frames)
    .pipe(synchronize({ clock: systemClock, ...options }), toArray())
    .subscribe((all) => {
      out = all;
    });
  return out;
}

/** Frames without the bounds, as `kind startMs`. */
function tell(frames: readonly MediaFrame[]): string[] {
  return frames.filter(({ kind }) => kind !== 'bound').map(({ kind, startMs }) => `${kind} ${startMs}`);
}

function marbles(run: (helpers: Parameters<Parameters<TestScheduler['run']>[0]>[0] & { clock: Clock }) => void): void {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  const clock = { now: () => scheduler.now(), scheduler };
  scheduler.run((helpers) => run({ ...helpers, clock }));
}

const V = openTrack('v', 'video');
const T = openTrack('t', 'transcript');

describe('synchronize in time', () => {
  const values = {
    v: V,
    t: T,
    w: words('t', 0, 400),
    a: image('v', 0),
    b: image('v', 100),
    c: image('v', 300),
    // Bounds that the stage tells.
    o: bound('v', 0),
    p: bound('v', -200),
    q: bound('v', -100),
    r: bound('v', 100),
    e: bound('v'),
    f: bound('t'),
  };

  it('is silent while the source is', () => {
    marbles(({ expectObservable, clock }) => {
      expectObservable(NEVER.pipe(synchronize({ clock }))).toBe('');
    });
  });

  it('is empty where the source is', () => {
    marbles(({ cold, expectObservable, clock }) => {
      expectObservable(cold<MediaFrame>('--|').pipe(synchronize({ clock }))).toBe('--|');
    });
  });

  it('passes words at once, and images when nothing earlier can come', () => {
    marbles(({ cold, expectObservable, clock }) => {
      const source = cold('v-t-w-a-----b-----c-------|', values);
      const expected = '   v-t-w-p-----q-----(abr)---(cef|)';
      expectObservable(source.pipe(synchronize({ clock }))).toBe(expected, values);
    });
  });

  it('releases what it holds when a track falls silent', () => {
    marbles(({ cold, expectObservable, clock }) => {
      const source = cold('va 1500ms b', values);
      expectObservable(source.pipe(synchronize({ clock, stallMs: 1000 })), '^ 1600ms !').toBe('vp 999ms (ao)', values);
    });
  });

  it('flushes and ends its tracks before it passes an error on', () => {
    marbles(({ cold, expectObservable, clock }) => {
      const source = cold('va-#', values, 'lost');
      expectObservable(source.pipe(synchronize({ clock }))).toBe('vp-(ae#)', values, 'lost');
    });
  });

  it('leaves the source and its timer when unsubscribed', () => {
    marbles(({ cold, expectObservable, expectSubscriptions, clock }) => {
      const source = cold('va----', values);
      expectObservable(source.pipe(synchronize({ clock })), '^---!').toBe('vp', values);
      expectSubscriptions(source.subscriptions).toBe('^---!');
    });
  });
});

describe('synchronize', () => {
  it('says how far each track has settled, and its end', () => {
    const out = outputOf([openTrack('a', 'audio'), ...chunksOf('a', new Float32Array(3200)), bound('a')]);
    const bounds = out.flatMap((frame) => (frame.kind === 'bound' ? [frame.startMs] : []));
    expect(bounds).toEqual([...bounds].sort((x, y) => x - y));
    expect(bounds.at(-1)).toBe(Number.POSITIVE_INFINITY);
    expect(concatSamples(out)).toHaveLength(3200);
  });

  it('gives the last samples of a track with its end, whatever its rate', () => {
    const chunks = chunksOf('a', new Float32Array(9600), { sampleRateHz: 48_000 });
    expect(concatSamples(outputOf([openTrack('a', 'audio'), ...chunks, bound('a')]))).toHaveLength(3200);
  });

  it('leaves no timer behind when unsubscribed', () => {
    vi.useFakeTimers();
    const subscription = concat(of(V, image('v', 0)), NEVER)
      .pipe(synchronize({ clock: systemClock }))
      .subscribe();
    expect(vi.getTimerCount()).toBe(1);
    subscription.unsubscribe();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('takes a bound of an audio track for silence until there', () => {
    const out = outputOf([openTrack('a', 'audio'), audioChunk('a', 0, new Float32Array(320)), bound('a', 900)]);
    expect(concatSamples(out)).toHaveLength(14_400);
  });

  it('silences samples that are no numbers, and counts them', () => {
    const onDrop = vi.fn();
    const samples = Float32Array.of(0.5, Number.NaN, Number.POSITIVE_INFINITY, 0.5);
    const out = outputOf([openTrack('a', 'audio'), audioChunk('a', 0, samples)], { onDrop });
    expect(concatSamples(out).every(Number.isFinite)).toBe(true);
    expect(onDrop.mock.calls).toEqual([
      [{ trackId: 'a', participantId: 'alice', reason: 'non-finite', count: 2, mediaTimeMs: 0 }],
    ]);
  });

  it('clips samples beyond full scale', () => {
    const out = concatSamples(outputOf([openTrack('a', 'audio'), audioChunk('a', 0, Float32Array.of(1e30, -7, 0.5))]));
    expect([...out]).toEqual([1, -1, 0.5]);
  });

  it.each<[string, MediaFrame]>([
    ['audio at no time', audioChunk('a', Number.NaN, new Float32Array(10))],
    ['audio before the session', audioChunk('a', -1, new Float32Array(10))],
    ['audio of an absurd rate', audioChunk('a', 0, new Float32Array(10), 4_000_000)],
    ['audio of a broken rate', audioChunk('a', 0, new Float32Array(10), 16_000.5)],
    ['audio of no samples', audioChunk('a', 0, new Float32Array(0))],
    ['an image on an audio track', image('a', 0)],
    ['words that end before they begin', words('t', 200, 100)],
    ['a bound at no time', bound('a', Number.NaN)],
    ['a track that is already open', openTrack('a', 'audio')],
  ])('refuses %s, and counts it', (_, frame) => {
    const onDrop = vi.fn();
    const opening = [openTrack('a', 'audio'), T];
    expect(tell(outputOf([...opening, frame], { onDrop }))).toEqual(['track 0', 'track 0']);
    expect(onDrop.mock.calls).toEqual([
      [expect.objectContaining({ trackId: frame.trackId, participantId: 'alice', reason: 'invalid', count: 1 })],
    ]);
  });

  it('drops frames of tracks that were never opened or have ended, and counts them', () => {
    const onDrop = vi.fn();
    const frames = [T, words('x', 0, 100), bound('t'), words('t', 0, 100)];
    expect(tell(outputOf(frames, { onDrop }))).toEqual(['track 0']);
    expect(onDrop.mock.calls).toEqual([
      [{ trackId: 'x', reason: 'unknown-track', count: 1, mediaTimeMs: 0 }],
      [{ trackId: 't', participantId: 'alice', reason: 'unknown-track', count: 1, mediaTimeMs: 0 }],
    ]);
  });

  it('counts late images and duplicates', () => {
    const onDrop = vi.fn();
    const frames = [V, image('v', 0), image('v', 0), image('v', 600), image('v', 100)];
    expect(tell(outputOf(frames, { onDrop }))).toEqual(['track 0', 'video 0', 'video 600']);
    expect(onDrop.mock.calls.map(([{ reason, mediaTimeMs }]) => [reason, mediaTimeMs])).toEqual([
      ['duplicate', 0],
      ['late', 100],
    ]);
  });

  it('does not let a silent track hold up another', () => {
    const chunks = chunksOf('a', new Float32Array(3200));
    let count = 0;
    from([V, openTrack('a', 'audio'), image('v', 0), ...chunks])
      .pipe(synchronize({ clock: systemClock, stallMs: Number.POSITIVE_INFINITY }))
      .subscribe(({ kind }) => {
        count += kind === 'audio' ? 1 : 0;
      });
    expect(count).toBeGreaterThanOrEqual(chunks.length);
  });

  it('gives each track the same for every order of arrival within the jitter budget', () => {
    const delays = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 40, maxLength: 40 });
    const lost = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { maxLength: 20 });
    const noise = Float32Array.from({ length: 96_000 }, (_, n) => Math.sin(n * n * 0.001));
    fc.assert(
      fc.property(delays, lost, fc.constantFrom(16_000, 48_000), (amounts, missing, sampleRateHz) => {
        const audio = chunksOf('a', noise.slice(0, sampleRateHz * 2), { sampleRateHz });
        const kept = audio.filter((_, index) => !missing.includes(index));
        const images = Array.from({ length: 40 }, (_, index) => image('v', index * 47, index));
        const media = [...kept, ...images].sort((x, y) => x.startMs - y.startMs);
        const opening = [openTrack('a', 'audio'), V];
        const run = (frames: MediaFrame[]) => {
          const drops: unknown[] = [];
          const out = outputOf([...opening, ...frames], { onDrop: (drop) => drops.push(drop) });
          expect(drops).toEqual([]);
          const pictures = out.flatMap((frame) => (frame.kind === 'video' ? [frame.startMs] : []));
          return { samples: concatSamples(out), pictures };
        };
        expect(run(displace(media, 200, amounts))).toEqual(run(media));
      }),
      { numRuns: 20 },
    );
  });

  it('refuses options that make no sense', () => {
    expect(() => synchronize({ clock: systemClock, jitterMs: -1 })).toThrow(RangeError);
    expect(() => synchronize({ clock: systemClock, stallMs: Number.NaN })).toThrow(RangeError);
  });
});
