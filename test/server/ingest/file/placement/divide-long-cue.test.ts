import { describe, expect, it } from 'vitest';
import { divideLongCue } from '../../../../../server/ingest/file/placement/divide-long-cue.ts';
import { measureLevel } from '../../../../../server/ingest/file/placement/voice-activity.ts';
import type { TranscriptCue } from '../../../../../server/ingest/file/transcript-cue.ts';
import { type Span, surveyOf } from '../../../../support/placement/survey.ts';

/** Five seconds of voice, and one of silence. */
const TURNS = Array.from({ length: 30 }, (_, i): Span => [6 * i, 6 * i + 5]);
const LENGTH_S = 180;
const voicesOf = (...channels: Span[][]) =>
  surveyOf(
    LENGTH_S,
    channels.map((voice) => ({ voice })),
  ).levelsDb.map((levelsDb) => measureLevel(levelsDb).voiced);
const TEXT = Array.from({ length: 300 }, (_, i) => `w${i}`.padEnd(4, 'x')).join(' ');
const cue = (more: Partial<TranscriptCue> = {}) => ({
  id: 'cue-7',
  cue: { startMs: 0, endMs: LENGTH_S * 1000, text: TEXT, speaker: null, ...more },
});

describe('a cue that is longer than a turn', () => {
  it('is divided at the pauses of the voice, and each stretch gets its share of the words', () => {
    const parts = divideLongCue(cue(), voicesOf(TURNS));
    expect(parts.map(({ cue }) => [cue.startMs / 1000, cue.endMs / 1000])).toEqual(TURNS);
    expect(parts.map(({ cue }) => cue.text.split(' ').length)).toEqual(TURNS.map(() => 10));
    expect(parts.map(({ cue }) => cue.text).join(' ')).toBe(TEXT);
    expect(parts[3]!.id).toBe('cue-7.3');
  });

  it('is divided where the words change from one channel to another, too, even without a pause', () => {
    const spans = Array.from({ length: 18 }, (_, i): Span => [10 * i, 10 * (i + 1)]);
    const voices = voicesOf(
      spans.filter((_, i) => i % 2 === 0),
      spans.filter((_, i) => i % 2 === 1),
    );
    expect(divideLongCue(cue(), voices).map(({ cue }) => [cue.startMs / 1000, cue.endMs / 1000])).toEqual(spans);
  });

  it('is divided by the times of its words, if it has them', () => {
    const words = TEXT.split(' ').map((text, i) => ({ text, startMs: i * 600, endMs: i * 600 + 500 }));
    const parts = divideLongCue(cue({ words }), voicesOf(TURNS.slice(20)));
    expect(parts).toHaveLength(10);
    expect(parts.map(({ cue }) => cue.text).join(' ')).toBe(TEXT);
    expect(parts[1]!.cue).toMatchObject({ startMs: 125_400, words: words.slice(209, 219) });
  });

  it('stays whole if it is as long as a turn, or nobody is heard', () => {
    expect(divideLongCue(cue({ endMs: 30_000 }), voicesOf(TURNS))).toEqual([cue({ endMs: 30_000 })]);
    expect(divideLongCue(cue(), voicesOf([]))).toEqual([cue()]);
    expect(divideLongCue(cue(), [])).toEqual([cue()]);
  });

  it('has stretches of half a minute where nobody pauses', () => {
    const parts = divideLongCue(cue(), voicesOf([[0, LENGTH_S - 10]]));
    expect(parts).toHaveLength(6);
    expect(parts.map(({ cue }) => cue.text).join(' ')).toBe(TEXT);
  });
});
