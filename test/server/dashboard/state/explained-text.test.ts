import { describe, expect, it } from 'vitest';
import { explainText } from '../../../../server/dashboard/state/explained-text.ts';
import { leadingSets } from '../../../../server/dashboard/state/leading-sets.ts';
import { explanationOf } from '../../../support/dashboard/explanation.ts';

describe('explainText', () => {
  it('cuts a text at its words and loses nothing between them', () => {
    const words = [
      { start: 1, end: 3, weight: 0.4 },
      { start: 4, end: 9, weight: 0.6 },
    ];
    expect(explainText(' So angry!', words)).toEqual([
      { text: ' ', weight: null },
      { text: 'So', weight: 0.4 },
      { text: ' ', weight: null },
      { text: 'angry', weight: 0.6 },
      { text: '!', weight: null },
    ]);
  });

  it('passes over a word that overlaps an earlier one or holds nothing', () => {
    const words = [
      { start: 0, end: 4, weight: 1 },
      { start: 2, end: 6, weight: 1 },
      { start: 5, end: 5, weight: 1 },
    ];
    expect(explainText('abcdef', words)).toEqual([
      { text: 'abcd', weight: 1 },
      { text: 'ef', weight: null },
    ]);
  });
});

describe('leadingSets', () => {
  it('puts what counts most first, whichever way, and leaves out what counts nothing', () => {
    const { sets } = explanationOf('fine', { text: 0.3, audio: -0.5, 'text-audio': 0.195, video: 0.005 });
    expect(leadingSets(sets!, 3).map(({ set, share }) => [set, share])).toEqual([
      ['audio', -0.5],
      ['text', 0.3],
      ['text-audio', 0.195],
    ]);
    expect(leadingSets(sets!, 10)).toHaveLength(3);
  });
});
