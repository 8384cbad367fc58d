import { describe, expect, it } from 'vitest';
import { EMOTION_LABELS } from '../../../../client-sdk/protocol/index.ts';
import { emotionBands, MAX_CARRY_MS } from '../../../../server/dashboard/charts/emotion-bands.ts';
import { columnAt, emotionColumns, MIN_COLUMN_PX } from '../../../../server/dashboard/charts/emotion-columns.ts';
import { sentimentLine, sentimentToY, sparkline } from '../../../../server/dashboard/charts/sentiment-line.ts';
import { timeTicks, timeToX, xToTime } from '../../../../server/dashboard/charts/time-scale.ts';
import type { ScoredUtterance } from '../../../../server/dashboard/state/session-view.ts';
import { scored } from '../../../support/dashboard/events.ts';

/** 10 px a second. */
const scale = { startMs: 0, endMs: 60_000, widthPx: 600 };

describe('the time scale', () => {
  it('maps there and back', () => {
    expect(timeToX(scale, 30_000)).toBe(300);
    expect(xToTime(scale, timeToX(scale, 12_345))).toBeCloseTo(12_345);
  });

  it('labels round times that are far enough apart', () => {
    expect(timeTicks(scale, 90)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
    expect(timeTicks({ startMs: 61_000, endMs: 121_000, widthPx: 300 }, 90)).toEqual([90_000, 120_000]);
  });

  it('labels calls of many hours without crowding', () => {
    const ticks = timeTicks({ startMs: 0, endMs: 400 * 3_600_000, widthPx: 600 }, 90);
    expect(ticks.length).toBeLessThanOrEqual(7);
  });
});

describe('the columns of a lane', () => {
  it('stand where the utterances are', () => {
    const [column] = emotionColumns([scored({ startMs: 2000, endMs: 5000 })], scale);
    expect(column).toMatchObject({ x0: 20, x1: 50 });
  });

  it('average utterances that share too few pixels, weighted by spoken time', () => {
    const utterances = [
      scored({ startMs: 0, endMs: 300, label: 'anger', sentiment: -3 }),
      scored({ startMs: 400, endMs: 500, label: 'joy', sentiment: 1 }),
    ];
    const columns = emotionColumns(utterances, scale);
    expect(columns).toHaveLength(1);
    expect(columns[0]?.probabilities.anger).toBeCloseTo(0.75);
    expect(columns[0]?.sentiment).toBeCloseTo(-2);
  });

  it('are unclear where unclear answers take most of the time, and named by the clear ones where not', () => {
    const clear = scored({ startMs: 0, endMs: 300, label: 'joy', confidence: 0.8, certain: true });
    const unclear = (endMs: number) => scored({ startMs: 300, endMs, label: 'anger', confidence: 1, certain: false });
    const of = (...utterances: ScoredUtterance[]) => emotionColumns(utterances, scale)[0];
    expect(of(clear)).toMatchObject({ label: 'joy', isUnclear: false });
    expect(of(unclear(500))).toMatchObject({ label: 'anger', isUnclear: true });
    expect(of(clear, unclear(599))).toMatchObject({ label: 'joy', isUnclear: false });
    expect(of(clear, unclear(700))).toMatchObject({ label: 'anger', isUnclear: true });
    expect(of(scored({ startMs: 0, label: 'fear', confidence: 0.3 }))).toMatchObject({
      label: 'fear',
      isUnclear: false,
    });
  });

  it('average dissatisfaction over what was judged, likely where at least half of that time is', () => {
    const judged = (startMs: number, probability: number, likely: boolean) =>
      scored({ startMs, endMs: startMs + 100, dissatisfaction: { probability, likely } });
    const of = (...utterances: ScoredUtterance[]) => emotionColumns(utterances, scale)[0]?.dissatisfaction;
    expect(of(scored({ startMs: 0, endMs: 400 }))).toBeNull();
    expect(of(judged(0, 0.75, true), judged(100, 0.25, false))).toEqual({ probability: 0.5, likely: true });
    expect(of(judged(0, 0.9, true), judged(100, 0.3, false), judged(200, 0.3, false))).toEqual({
      probability: expect.closeTo(0.5),
      likely: false,
    });
    expect(of(judged(0, 0.75, true), scored({ startMs: 100, endMs: 500 }))).toEqual({
      probability: 0.75,
      likely: true,
    });
  });

  it('are bounded by the width, however many utterances there are', () => {
    const utterances = Array.from({ length: 2000 }, (_, at) => scored({ startMs: at * 30, endMs: at * 30 + 20 }));
    const columns = emotionColumns(utterances, scale);
    expect(columns.length).toBeLessThanOrEqual(scale.widthPx / MIN_COLUMN_PX + 1);
    expect(columns.flatMap((column) => column.utterances)).toHaveLength(2000);
  });

  it('keep the nearest utterance outside on either side, and no others', () => {
    const utterances = [-20, -10, 10, 70, 80].map((at) => scored({ startMs: at * 1000, endMs: at * 1000 + 2000 }));
    const starts = emotionColumns(utterances, scale).map((column) => column.startMs);
    expect(starts).toEqual([-10_000, 10_000, 70_000]);
  });

  it('are found by position, with some reach', () => {
    const columns = emotionColumns([scored({ startMs: 2000, endMs: 5000 })], scale);
    expect(columnAt(columns, 30, 5)).toBe(columns[0]);
    expect(columnAt(columns, 54, 5)).toBe(columns[0]);
    expect(columnAt(columns, 60, 5)).toBeNull();
  });
});

describe('the stacked bands', () => {
  it('fill the whole height of an utterance, each emotion by its probability', () => {
    const columns = emotionColumns([scored({ startMs: 0, endMs: 1000, label: 'joy', confidence: 0.4 })], scale);
    const bands = emotionBands(columns, 100);
    expect(bands.map((band) => band.label).sort()).toEqual([...EMOTION_LABELS].sort());
    expect(bands.at(-1)).toMatchObject({ label: 'joy', spoken: 'M0 40H10V0H0Z' });
    expect(bands[0]).toMatchObject({ label: 'anger', spoken: 'M0 100H10V90H0Z' });
  });

  it('are carried over short pauses and not over long ones', () => {
    const near = emotionColumns([scored({ startMs: 0 }), scored({ startMs: 4000 })], scale);
    expect(emotionBands(near, 100).every((band) => band.between !== '')).toBe(true);
    const far = emotionColumns([scored({ startMs: 0 }), scored({ startMs: 1001 + MAX_CARRY_MS })], scale);
    expect(emotionBands(far, 100).every((band) => band.between === '')).toBe(true);
  });

  it('are drawn apart where the emotion is unclear', () => {
    const columns = emotionColumns(
      [scored({ startMs: 0, label: 'joy' }), scored({ startMs: 2000, label: 'joy', certain: false })],
      scale,
    );
    expect(emotionBands(columns, 100).at(-1)).toMatchObject({
      spoken: 'M0 100H10V0H0Z',
      unclear: 'M20 100H30V0H20Z',
    });
  });

  it('are empty without utterances', () => {
    expect(emotionBands([], 100).every((band) => band.spoken === '' && band.between === '')).toBe(true);
  });
});

describe('the sentiment line', () => {
  it('puts −3 at the bottom, 0 in the middle, 3 at the top, and clips what is beyond', () => {
    expect([-3, 0, 3, 9].map((score) => sentimentToY(score, 60))).toEqual([60, 30, 0, 0]);
  });

  it('is level while someone speaks and steps smoothly in between', () => {
    const columns = emotionColumns(
      [scored({ startMs: 0, sentiment: 3 }), scored({ startMs: 2000, sentiment: 0 })],
      scale,
    );
    expect(sentimentLine(columns, 60).line).toBe('M0 0H10C15 0 15 30 20 30H30');
  });

  it('breaks at long pauses', () => {
    const columns = emotionColumns([scored({ startMs: 0 }), scored({ startMs: 50_000 })], scale);
    expect(sentimentLine(columns, 60).line).toBe('M0 30H10M500 30H510');
  });

  it('spreads a sparkline over its width', () => {
    expect(sparkline([-3, 0, 3], 60, 30)).toBe('M0 30L30 15L60 0');
    expect(sparkline([], 60, 30)).toBe('');
  });
});
