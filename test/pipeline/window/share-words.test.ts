import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TranscriptSegment } from '../../../pipeline/media/media-frame.ts';
import { shareWords } from '../../../pipeline/window/share-words.ts';

const segment = (text: string, startMs: number, endMs: number, more: Partial<TranscriptSegment> = {}) =>
  ({ kind: 'transcript', trackId: 't', segmentId: 's', final: true, text, startMs, endMs, ...more }) as const;
const range = (startMs: number, endMs: number) => ({ startMs, endMs });
const texts = (parts: ReturnType<typeof shareWords>) => parts.map((part) => part?.text ?? null);

describe('words that are shared out', () => {
  it('go to the utterance in which they were spoken', () => {
    const words = [
      { text: 'so', startMs: 0, endMs: 400 },
      { text: 'it', startMs: 500, endMs: 900 },
      { text: 'ends', startMs: 2050, endMs: 2900 },
    ];
    const parts = shareWords(segment('So it ends.', 0, 3000, { words }), [range(0, 1000), range(2000, 3000)]);
    expect(texts(parts)).toEqual(['So it', 'ends.']);
    expect(parts.map((part) => [part!.startMs, part!.endMs])).toEqual([
      [0, 1000],
      [2000, 3000],
    ]);
    expect(parts[0]!.whole!.text).toBe('So it ends.');
  });

  it('are spread over the voice where nothing tells when they were spoken', () => {
    const [a, b, c] = [range(0, 4000), range(5000, 6000), range(7000, 12_000)];
    expect(texts(shareWords(segment('aa bb cc dd ee ff gg hh ii jj', 0, 12_000), [a, b, c]))).toEqual([
      'aa bb cc dd',
      'ee',
      'ff gg hh ii jj',
    ]);
  });

  it('give each utterance one, the longest first', () => {
    const utterances = [range(0, 10_000), range(10_500, 10_700), range(11_000, 11_300)];
    expect(texts(shareWords(segment('one two three', 0, 11_300), utterances))).toEqual(['one', 'two', 'three']);
    expect(texts(shareWords(segment('one two', 0, 11_300), utterances))).toEqual(['one', null, 'two']);
    expect(texts(shareWords(segment('one', 0, 11_300), utterances))).toEqual(['one', null, null]);
  });

  it('are found in languages that have no spaces', () => {
    const parts = shareWords(segment('今天天气很好我们去公园', 0, 2000), [range(0, 1000), range(1000, 2000)]);
    expect(texts(parts).join('')).toBe('今天天气很好我们去公园');
    expect(parts.every((part) => part !== null)).toBe(true);
  });

  it('are all given away, in order, whatever they and the utterances are', () => {
    const text = fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1, maxLength: 12 }).map((w) => w.join(' '));
    const lengths = fc.array(fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 5000 })), { minLength: 1, maxLength: 6 });
    const timed = fc.option(fc.array(fc.nat(20_000), { minLength: 1, maxLength: 12 }), { nil: undefined });
    fc.assert(
      fc.property(text, lengths, timed, (said, gaps, at) => {
        let endMs = 0;
        const utterances = gaps.map(([gapMs, lengthMs]) => {
          const startMs = endMs + gapMs;
          endMs = startMs + lengthMs;
          return range(startMs, endMs);
        });
        const words = at?.sort((a, b) => a - b).map((startMs) => ({ text: '', startMs, endMs: startMs + 100 }));
        const parts = shareWords(segment(said, 0, endMs, words && { words }), utterances);
        expect(parts.flatMap((part) => part?.text ?? []).join(' ')).toBe(said);
        const count = said.split(' ').length;
        if (words === undefined) {
          expect(parts.filter((part) => part !== null)).toHaveLength(Math.min(count, utterances.length));
        }
      }),
    );
  });
});
