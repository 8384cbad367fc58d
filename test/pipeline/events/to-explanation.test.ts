import { describe, expect, it } from 'vitest';
import { toExplanation } from '../../../pipeline/events/to-explanation.ts';

const WORDS = [
  { start: 0, end: 2, firstToken: 1, tokenCount: 1 },
  { start: 3, end: 8, firstToken: 2, tokenCount: 2 },
];

describe('toExplanation', () => {
  it('tells nothing where the model tells nothing', () => {
    expect(toExplanation(WORDS, null, null)).toBeNull();
  });

  it('weighs a word by its tokens together, and names no token', () => {
    const explanation = toExplanation(WORDS, Float32Array.of(0, 0.25, 0.5, 0.25, 0), null);
    expect(explanation).toEqual({
      words: [
        { start: 0, end: 2, weight: 0.25 },
        { start: 3, end: 8, weight: 0.75 },
      ],
      sets: null,
    });
  });

  it('names the sets, with their signs', () => {
    const explanation = toExplanation([], null, Float32Array.of(0.5, 0, 0, 0, -0.2504, 0, 0, 0.1, 0.1, 0.05));
    expect(explanation).toEqual({
      words: [],
      sets: {
        text: 0.5,
        audio: 0,
        video: 0,
        'text-audio': 0,
        'text-video': -0.25,
        'audio-video': 0,
        'text-audio-video': 0,
        'pairs-of-text': 0.1,
        'pairs-of-audio': 0.1,
        'pairs-of-video': 0.05,
      },
    });
  });
});
