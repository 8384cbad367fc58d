import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TRANSCRIPT_SOURCES } from '../../../../client-sdk/protocol/index.ts';
import { type SourceSegment, TranscriptSource } from '../../../../server/ingest/transcripts/transcript-source.ts';
import { corrupted } from '../../../support/client-sdk/protocol-problems.ts';
import { GOLDENS as goldens } from '../../../support/server/recognisers.ts';

describe('the messages of a recogniser', () => {
  it('are those of every one that the protocol names', () => {
    expect(new Set(goldens.map(({ source }) => source))).toEqual(new Set(TRANSCRIPT_SOURCES));
  });

  it.each(goldens)('become segments: $name', ({ source: name, messages, segments }) => {
    const source = new TranscriptSource(name);
    const taken = messages.flatMap((message) => source.take(message, 0) ?? []);
    expect(taken.map(({ segment: { words: _, ...segment }, ...rest }) => ({ ...rest, segment }))).toEqual(segments);
    for (const { segment } of taken) {
      const { words = [], startMs, endMs } = segment;
      for (const word of words) expect(word.startMs >= startMs && word.endMs <= endMs).toBe(true);
    }
  });

  it.each(goldens)('are none of another’s: $name', ({ source: name, messages }) => {
    for (const other of TRANSCRIPT_SOURCES.filter((candidate) => candidate !== name)) {
      // A text alone is a message of Vosk, and the answer of Whisper without times.
      const telling = messages.filter((message) => Object.keys(message as object).join() !== 'text');
      const taken = telling.flatMap((message) => new TranscriptSource(other).take(message, 0) ?? []);
      expect({ other, taken }).toEqual({ other, taken: [] });
    }
  });

  it('may be of any shape: what is read is still words in order of time', () => {
    const cases = goldens.flatMap(({ source, messages }) => messages.map((message) => ({ source, message })));
    const broken = fc
      .constantFrom(...cases)
      .chain(({ source, message }) => corrupted(message, fc.jsonValue()).map((value) => ({ source, value })));
    fc.assert(
      fc.property(broken, fc.double({ min: -1e9, max: 1e9, noNaN: true }), ({ source, value }, offsetMs) => {
        for (const { channel, segment } of new TranscriptSource(source).take(value, offsetMs) ?? []) {
          expect(Number.isFinite(segment.startMs) && Number.isFinite(segment.endMs)).toBe(true);
          expect(segment.text.trim()).not.toBe('');
          expect(segment.segmentId.length).toBeLessThanOrEqual(64);
          expect(channel).not.toBeNaN();
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a transcript source', () => {
  const result = (start: number, duration: number, transcript: string, isFinal = true) => ({
    type: 'Results',
    channel_index: [0, 1],
    start,
    duration,
    is_final: isFinal,
    channel: { alternatives: [{ transcript, words: [] }] },
  });

  it('corrects a clock that is wrong, and keeps the ids that it gave', () => {
    const source = new TranscriptSource('deepgram');
    const guess = source.take(result(1, 0.5, 'hello', false), 2500);
    const final = source.take(result(1, 1, 'Hello there.'), 2500);
    expect([guess, final].map((taken) => taken![0]!.segment)).toEqual([
      { segmentId: 'deepgram.0.at-1000', startMs: 3500, endMs: 4000, text: 'hello', final: false },
      { segmentId: 'deepgram.0.at-1000', startMs: 3500, endMs: 4500, text: 'Hello there.', final: true },
    ]);
    expect(source.take(result(2, 1, 'More.'), -2500)![0]!.segment).toMatchObject({ startMs: 0, endMs: 500 });
  });

  it('takes parts back that a later version of a segment does not have', () => {
    const turn = (isFormatted: boolean, words: readonly (readonly [string, number])[]) => ({
      type: 'Turn',
      turn_order: 0,
      turn_is_formatted: isFormatted,
      end_of_turn: true,
      transcript: words.map(([text]) => text).join(' '),
      words: words.map(([text, start]) => ({ text, start, end: start + 400, word_is_final: true })),
    });
    const source = new TranscriptSource('assemblyai');
    const said = new Map<string, string>();
    const take = (message: object) => {
      for (const { segment } of source.take(message, 0)!) said.set(segment.segmentId, segment.text);
    };
    take(
      turn(false, [
        ['one', 0],
        ['two', 3000],
        ['three', 6000],
      ]),
    );
    expect([...said.values()]).toEqual(['one', 'two', 'three']);
    take(
      turn(true, [
        ['One', 0],
        ['two.', 500],
      ]),
    );
    expect([...said.values()].filter((text) => text !== '')).toEqual(['One two.']);
    expect(said.size).toBe(3);
  });

  it('loses no word of a segment with more pauses than it may have parts', () => {
    const words = Array.from({ length: 150 }, (_, i) => ({ text: `w${i}`, start: i * 2000, end: i * 2000 + 500 }));
    const turn = {
      type: 'Turn',
      turn_order: 0,
      end_of_turn: true,
      transcript: words.map(({ text }) => text).join(' '),
    };
    const taken = new TranscriptSource('assemblyai').take({ ...turn, words }, 0)!;
    expect(taken).toHaveLength(100);
    expect(taken.map(({ segment }) => segment.text).join(' ')).toBe(turn.transcript);
  });

  it('gives parts ids that no id of the recogniser equals', () => {
    const gladia = (id: string, words: readonly (readonly [string, number])[]) => ({
      type: 'transcript',
      data: {
        id,
        is_final: true,
        utterance: {
          start: words[0]![1],
          end: words.at(-1)![1] + 0.4,
          channel: 0,
          text: words.map(([word]) => word).join(' '),
          words: words.map(([word, start]) => ({ word, start, end: start + 0.4 })),
        },
      },
    });
    const source = new TranscriptSource('gladia');
    const messages = [
      gladia('a', [
        ['one', 0],
        ['two', 3],
      ]),
      ...['a.1', '+1.a', '1.a'].map((id, i) => gladia(id, [[id, 10 + i]])),
    ];
    const ids = messages.flatMap((message) => source.take(message, 0)!.map(({ segment }) => segment.segmentId));
    expect(new Set(ids).size).toBe(5);
  });

  it('tells a message that is not the recogniser’s from one without words', () => {
    const source = new TranscriptSource('deepgram');
    expect(source.take({ hello: 'world' }, 0)).toBeNull();
    expect(source.take(result(1, 1, ' '), 0)).toEqual([]);
  });

  it('moves guesses by the same offset as the final words, word by word', () => {
    const source = new TranscriptSource('deepgram');
    const spoken = (words: readonly [string, number, number][], isFinal: boolean) => ({
      ...result(10, 3, words.map(([word]) => word).join(' '), isFinal),
      channel: {
        alternatives: [{ transcript: 'so', words: words.map(([word, start, end]) => ({ word, start, end })) }],
      },
    });
    const guess = source.take(spoken([['so', 11, 11.5]], false), -1500);
    const final = source.take(
      spoken(
        [
          ['so', 11, 11.5],
          ['what', 11.6, 12],
        ],
        true,
      ),
      -1500,
    );
    expect([guess, final].map((taken) => taken![0]!.segment)).toMatchObject([
      { segmentId: 'deepgram.0.at-10000', startMs: 9500, endMs: 10_000, final: false },
      { segmentId: 'deepgram.0.at-10000', startMs: 9500, endMs: 10_500, final: true },
    ]);
  });

  it('does not begin a guess in the silence before it where the recogniser tells no start', () => {
    const source = new TranscriptSource('google');
    const take = (transcript: string, endSeconds: number, isFinal: boolean) =>
      source.take({ results: [{ alternatives: [{ transcript }], isFinal, resultEndOffset: `${endSeconds}s` }] }, 0)![0]!
        .segment;
    expect(take('hello', 2, true)).toMatchObject({ segmentId: 'google.0.at-0', startMs: 0, endMs: 2000 });
    expect(take('so', 60, false)).toMatchObject({ segmentId: 'google.0.at-2000', startMs: 59_000, endMs: 60_000 });
    expect(take('so what', 61, false)).toMatchObject({ segmentId: 'google.0.at-2000', startMs: 59_000, endMs: 61_000 });
    expect(take('So what?', 62, true)).toMatchObject({ segmentId: 'google.0.at-2000', startMs: 59_000, endMs: 62_000 });
  });

  it.each(goldens.filter(({ segments }) => segments.some(({ segment }) => !segment.final)))(
    'gives a guess the id that its final words have: $name',
    ({ segments }) => {
      const key = ({ channel, segment }: SourceSegment) => `${channel} ${segment.segmentId}`;
      const finals = new Set(segments.filter(({ segment }) => segment.final).map(key));
      const guesses = segments.filter(({ segment }) => !segment.final).map(key);
      expect(guesses.filter((guess) => !finals.has(guess))).toEqual([]);
    },
  );

  it('has guesses to read of every recogniser', () => {
    const guessed = goldens.filter(({ segments }) => segments.some(({ segment }) => !segment.final));
    expect(new Set(guessed.map(({ source }) => source))).toEqual(new Set(TRANSCRIPT_SOURCES));
  });
});
