import { MAX_CARRY_MS } from './emotion-bands.ts';
import type { EmotionColumn } from './emotion-columns.ts';
import { px } from './time-scale.ts';

/** The sentiment of one participant as SVG path data. */
export interface SentimentLine {
  readonly line: string;
  /** The area between the line and zero. Clip it above or below zero to colour the two sides. */
  readonly area: string;
  /** y of sentiment 0. */
  readonly zeroY: number;
}

/** y of a sentiment (−3…3) in a strip of height `heightPx`. Values beyond the scale are clipped. */
export function sentimentToY(score: number, heightPx: number): number {
  return ((3 - Math.min(3, Math.max(-3, score))) / 6) * heightPx;
}

/** One level stretch per column, connected by smooth steps over pauses of up to {@link MAX_CARRY_MS}. */
export function sentimentLine(columns: readonly EmotionColumn[], heightPx: number): SentimentLine {
  const zeroY = sentimentToY(0, heightPx);
  let line = '';
  let area = '';
  let open = false;
  columns.forEach((column, at) => {
    const y = px(sentimentToY(column.sentiment, heightPx));
    if (!open) {
      line += `M${px(column.x0)} ${y}`;
      area += `M${px(column.x0)} ${px(zeroY)}V${y}`;
    }
    line += `H${px(column.x1)}`;
    area += `H${px(column.x1)}`;
    const next = columns[at + 1];
    open = next !== undefined && next.startMs - column.endMs <= MAX_CARRY_MS;
    if (next !== undefined && open) {
      const nextY = px(sentimentToY(next.sentiment, heightPx));
      const middle = px((column.x1 + next.x0) / 2);
      const step = `C${middle} ${y} ${middle} ${nextY} ${px(next.x0)} ${nextY}`;
      line += step;
      area += step;
    } else {
      area += `V${px(zeroY)}Z`;
    }
  });
  return { line, area, zeroY };
}

/** A line through evenly spaced sentiments, for a small chart within text. */
export function sparkline(scores: readonly number[], widthPx: number, heightPx: number): string {
  const step = scores.length > 1 ? widthPx / (scores.length - 1) : 0;
  return scores
    .map((score, at) => `${at === 0 ? 'M' : 'L'}${px(at * step)} ${px(sentimentToY(score, heightPx))}`)
    .join('');
}
