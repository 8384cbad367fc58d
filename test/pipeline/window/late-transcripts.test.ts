import { describe, expect, it } from 'vitest';
import type { TranscriptSegment } from '../../../pipeline/media/media-frame.ts';
import {
  addClosed,
  addSegment,
  type LateTranscripts,
  type Placed,
  placeWaiting,
  transcriptOf,
} from '../../../pipeline/window/late-transcripts.ts';
import type { Utterance } from '../../../pipeline/window/utterance.ts';
import { words } from '../../support/pipeline/frames.ts';
import { utterance } from '../../support/pipeline/utterances.ts';

const FIRST = utterance(0, 1000);
const SECOND = utterance(1500, 3000);
const TRACKS = { text: true, audio: true, video: false };

/** The functions of one participant's words, with what they told. */
function setUp(...closed: Utterance[]) {
  const state: LateTranscripts = { closed: [], waiting: [] };
  const transcripts = {
    unmatchedCount: 0,
    get waiting() {
      return state.waiting;
    },
    add: (segment: TranscriptSegment, undecidedFromMs: number) => note(addSegment(state, segment, undecidedFromMs)),
    close: (range: Utterance, undecidedFromMs: number) => note(addClosed(state, range, TRACKS, undecidedFromMs)),
    settle: (undecidedFromMs: number) => note(placeWaiting(state, undecidedFromMs)),
  };
  function note({ revised, unmatched }: Placed): Utterance[] {
    transcripts.unmatchedCount += unmatched.length;
    return [...revised].map((entry) => entry.utterance);
  }
  for (const range of closed) transcripts.close(range, range.endMs);
  const textOf = (range: Utterance) => {
    const entry = state.closed.find((other) => other.utterance === range);
    return entry === undefined ? [] : transcriptOf(entry).map(({ text }) => text);
  };
  return { transcripts, textOf };
}

const say = (text: string, startMs: number, endMs: number, segmentId = text) =>
  words('t', startMs, endMs, { segmentId, text });

describe('late transcripts', () => {
  it('gives words to the utterance that they overlap most', () => {
    const { transcripts, textOf } = setUp(FIRST, SECOND);
    expect(transcripts.add(say('a', 800, 2000), Number.POSITIVE_INFINITY)).toEqual([SECOND]);
    expect(transcripts.add(say('b', 200, 1600), Number.POSITIVE_INFINITY)).toEqual([FIRST]);
    expect([textOf(FIRST), textOf(SECOND)]).toEqual([['b'], ['a']]);
  });

  it('bounds the words of an utterance, by segments and by characters', () => {
    const { transcripts, textOf } = setUp(FIRST, SECOND);
    for (let i = 0; i < 70; i += 1) transcripts.add(say(`w${i}`, 100, 200), Number.POSITIVE_INFINITY);
    expect(textOf(FIRST)).toHaveLength(64);
    expect(transcripts.unmatchedCount).toBe(6);
    transcripts.add(say('changed', 100, 200, 'w0'), Number.POSITIVE_INFINITY);
    expect(textOf(FIRST)).toContain('changed');
    for (const id of ['a', 'b', 'c']) transcripts.add(say('x'.repeat(4000), 1600, 2000, id), Number.POSITIVE_INFINITY);
    expect(textOf(SECOND)).toHaveLength(2);
    expect(transcripts.unmatchedCount).toBe(7);
  });

  it('gives words that overlap none to the nearest within a second', () => {
    const { transcripts, textOf } = setUp(FIRST, SECOND);
    transcripts.add(say('near', 3500, 3800), Number.POSITIVE_INFINITY);
    transcripts.add(say('far', 4100, 4800), Number.POSITIVE_INFINITY);
    expect(textOf(SECOND)).toEqual(['near']);
    expect(transcripts.unmatchedCount).toBe(1);
  });

  it('holds words back while the utterance that they belong to may still come', () => {
    const { transcripts, textOf } = setUp(FIRST);
    expect(transcripts.add(say('later', 900, 2500), 1000)).toEqual([]);
    expect(transcripts.waiting).toHaveLength(1);
    expect(transcripts.close(SECOND, 3000)).toEqual([]);
    expect(textOf(SECOND)).toEqual(['later']);
  });

  it('holds no words back that mostly overlap a closed utterance', () => {
    const { transcripts } = setUp(FIRST);
    expect(transcripts.add(say('now', 200, 1100), 1000)).toEqual([FIRST]);
  });

  it('holds words between two utterances back until the nearer one is certain', () => {
    const { transcripts } = setUp(FIRST);
    transcripts.add(say('between', 1200, 1300), 1300);
    expect(transcripts.settle(1499)).toEqual([]);
    expect(transcripts.settle(1500)).toEqual([FIRST]);
  });

  it('revises earlier utterances when a later one closes and settles their words', () => {
    const { transcripts, textOf } = setUp(FIRST);
    transcripts.add(say('first', 700, 1550), 1000);
    expect(transcripts.close(SECOND, 3000)).toEqual([FIRST]);
    expect(textOf(FIRST)).toEqual(['first']);
  });

  it('lists words by start', () => {
    const { transcripts, textOf } = setUp(FIRST);
    transcripts.add(say('b', 500, 900), 1000);
    transcripts.add(say('a', 100, 400), 1000);
    expect(textOf(FIRST)).toEqual(['a', 'b']);
  });

  it('replaces a segment that comes again, and takes the same one for no news', () => {
    const { transcripts, textOf } = setUp(FIRST);
    transcripts.add(say('helo', 100, 900, 's'), 1000);
    expect(transcripts.add(say('hello', 100, 900, 's'), 1000)).toEqual([FIRST]);
    expect(transcripts.add(say('hello', 100, 900, 's'), 1000)).toEqual([]);
    expect(textOf(FIRST)).toEqual(['hello']);
  });

  it('moves a corrected segment to where it now belongs, and revises both utterances', () => {
    const { transcripts, textOf } = setUp(FIRST, SECOND);
    transcripts.add(say('x', 100, 900, 's'), 3000);
    expect(transcripts.add(say('x', 1600, 2900, 's'), 3000)).toEqual(expect.arrayContaining([FIRST, SECOND]));
    expect([textOf(FIRST), textOf(SECOND)]).toEqual([[], ['x']]);
  });

  it('takes a segment back that comes again without text', () => {
    const { transcripts, textOf } = setUp(FIRST, SECOND);
    transcripts.add(say('a', 100, 900), Number.POSITIVE_INFINITY);
    transcripts.add(say('b', 200, 800), Number.POSITIVE_INFINITY);
    expect(transcripts.add(say('', 100, 900, 'a'), Number.POSITIVE_INFINITY)).toEqual([FIRST]);
    expect(textOf(FIRST)).toEqual(['b']);
    transcripts.add(say('waits', 4000, 5000), 3000);
    transcripts.add(say('', 4000, 5000, 'waits'), 3000);
    expect(transcripts.waiting).toEqual([]);
    expect(transcripts.unmatchedCount).toBe(0);
  });

  it('replaces a segment that waits', () => {
    const { transcripts, textOf } = setUp();
    transcripts.add(say('helo', 100, 900, 's'), 0);
    transcripts.add(say('hello', 100, 900, 's'), 0);
    transcripts.close(FIRST, 1000);
    expect(textOf(FIRST)).toEqual(['hello']);
  });

  it('forgets utterances by age and by number', () => {
    const { transcripts } = setUp(FIRST, utterance(130_000, 131_000));
    transcripts.add(say('old', 0, 900), 131_000);
    expect(transcripts.unmatchedCount).toBe(1);
    const many = Array.from({ length: 65 }, (_, index) => utterance(index * 100, index * 100 + 100));
    const crowd = setUp(...many);
    crowd.transcripts.add(say('x', 0, 90), 6500);
    expect(crowd.textOf(many[0]!)).toEqual([]);
    expect(crowd.textOf(many[1]!)).toEqual(['x']);
  });

  it('holds a bounded number of waiting segments, and counts what it drops', () => {
    const { transcripts } = setUp();
    for (let index = 0; index < 300; index += 1) {
      transcripts.add(say(`s${index}`, index, index + 1), 0);
    }
    expect(transcripts.waiting).toHaveLength(256);
    expect(transcripts.unmatchedCount).toBe(44);
  });

  it('shares words that cover several utterances out among them, once all of them are certain', () => {
    const [a, b, c] = [utterance(0, 4000), utterance(5000, 9000), utterance(10_000, 14_000)];
    const { transcripts, textOf } = setUp(a, b);
    expect(transcripts.add(say('one two three four five six', 0, 13_900), 10_000)).toEqual([]);
    expect(transcripts.close(c, 14_000)).toEqual([a, b]);
    expect([a, b, c].map(textOf)).toEqual([['one two'], ['three four'], ['five six']]);
    expect(transcripts.add(say('one two three four five six', 0, 13_900), 14_000)).toEqual([]);
    const moved = say('six', 0, 3000, 'one two three four five six');
    expect(transcripts.add(moved, 14_000)).toEqual(expect.arrayContaining([a, b, c]));
    expect([a, b, c].map(textOf)).toEqual([['six'], [], []]);
  });

  it('leaves an utterance to the words that cover it more', () => {
    const [a, b] = [utterance(0, 4000), utterance(4600, 5400)];
    for (const order of [0, 1]) {
      const { transcripts, textOf } = setUp(a, b);
      const said = [say('a sloppy cue', 0, 5100), say('yes', 4500, 5500)];
      for (const segment of order === 0 ? said : said.reverse()) transcripts.add(segment, 4000);
      transcripts.settle(Number.POSITIVE_INFINITY);
      expect([textOf(a), textOf(b)]).toEqual([['a sloppy cue'], ['yes']]);
    }
  });
});
