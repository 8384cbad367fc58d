import { describe, expect, it, vi } from 'vitest';
import { LateTranscripts } from '../../../pipeline/window/late-transcripts.ts';
import { words } from '../../support/pipeline/frames.ts';

interface Range {
  startMs: number;
  endMs: number;
}

const FIRST: Range = { startMs: 0, endMs: 1000 };
const SECOND: Range = { startMs: 1500, endMs: 3000 };

function setUp(...closed: Range[]) {
  const onDrop = vi.fn();
  const transcripts = new LateTranscripts<Range>(onDrop);
  for (const range of closed) {
    transcripts.close(range, range.endMs);
  }
  const textOf = (range: Range) => transcripts.transcriptOf(range).map(({ text }) => text);
  return { transcripts, onDrop, textOf };
}

const say = (text: string, startMs: number, endMs: number, segmentId = text) =>
  words('t', startMs, endMs, { segmentId, text });

describe('LateTranscripts', () => {
  it('gives words to the utterance that they overlap most', () => {
    const { transcripts, textOf } = setUp(FIRST, SECOND);
    expect(transcripts.add(say('a', 800, 2000), Number.POSITIVE_INFINITY)).toEqual([SECOND]);
    expect(transcripts.add(say('b', 200, 1600), Number.POSITIVE_INFINITY)).toEqual([FIRST]);
    expect([textOf(FIRST), textOf(SECOND)]).toEqual([['b'], ['a']]);
  });

  it('bounds the words of an utterance, by segments and by characters', () => {
    const { transcripts, textOf, onDrop } = setUp(FIRST, SECOND);
    for (let i = 0; i < 70; i += 1) transcripts.add(say(`w${i}`, 100, 200), Number.POSITIVE_INFINITY);
    expect(textOf(FIRST)).toHaveLength(64);
    expect(onDrop).toHaveBeenCalledTimes(6);
    transcripts.add(say('changed', 100, 200, 'w0'), Number.POSITIVE_INFINITY);
    expect(textOf(FIRST)).toContain('changed');
    for (const id of ['a', 'b', 'c']) transcripts.add(say('x'.repeat(4000), 1600, 2000, id), Number.POSITIVE_INFINITY);
    expect(textOf(SECOND)).toHaveLength(2);
    expect(onDrop).toHaveBeenCalledTimes(7);
  });

  it('gives words that overlap none to the nearest within a second', () => {
    const { transcripts, textOf, onDrop } = setUp(FIRST, SECOND);
    transcripts.add(say('near', 3500, 3800), Number.POSITIVE_INFINITY);
    transcripts.add(say('far', 4100, 4800), Number.POSITIVE_INFINITY);
    expect(textOf(SECOND)).toEqual(['near']);
    expect(onDrop).toHaveBeenCalledOnce();
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

  it('replaces a segment that waits', () => {
    const { transcripts, textOf } = setUp();
    transcripts.add(say('helo', 100, 900, 's'), 0);
    transcripts.add(say('hello', 100, 900, 's'), 0);
    transcripts.close(FIRST, 1000);
    expect(textOf(FIRST)).toEqual(['hello']);
  });

  it('forgets utterances by age and by number', () => {
    const { transcripts, onDrop } = setUp(FIRST, { startMs: 130_000, endMs: 131_000 });
    transcripts.add(say('old', 0, 900), 131_000);
    expect(onDrop).toHaveBeenCalledOnce();
    const many = Array.from({ length: 65 }, (_, index) => ({ startMs: index * 100, endMs: index * 100 + 100 }));
    const crowd = setUp(...many);
    crowd.transcripts.add(say('x', 0, 90), 6500);
    expect(crowd.textOf(many[0]!)).toEqual([]);
    expect(crowd.textOf(many[1]!)).toEqual(['x']);
  });

  it('holds a bounded number of waiting segments, and counts what it drops', () => {
    const { transcripts, onDrop } = setUp();
    for (let index = 0; index < 300; index += 1) {
      transcripts.add(say(`s${index}`, index, index + 1), 0);
    }
    expect(transcripts.waiting).toHaveLength(256);
    expect(onDrop).toHaveBeenCalledTimes(44);
  });
});
