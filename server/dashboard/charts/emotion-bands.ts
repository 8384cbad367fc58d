import type { EmotionLabel } from '../../../client-sdk/protocol/index.ts';
import { STACK_ORDER } from '../state/emotions.ts';
import type { EmotionColumn } from './emotion-columns.ts';
import { px } from './time-scale.ts';

/** One emotion's share of the stacked picture, as SVG path data. */
export interface EmotionBand {
  readonly label: EmotionLabel;
  /** Areas of clear utterances. */
  readonly spoken: string;
  /** Areas of unclear utterances. */
  readonly unclear: string;
  /** Areas that connect utterances across a pause. Nothing was measured there. */
  readonly between: string;
}

/** Longest pause that bands cross, in ms. Longer pauses stay empty. */
export const MAX_CARRY_MS = 20_000;

/** Stacks the columns' probabilities from bottom to top in {@link STACK_ORDER}. y grows downwards from 0. */
export function emotionBands(columns: readonly EmotionColumn[], heightPx: number): EmotionBand[] {
  const floor = columns.map(() => heightPx);
  return STACK_ORDER.map((label) => {
    let spoken = '';
    let unclear = '';
    let between = '';
    columns.forEach((column, at) => {
      const bottom = floor[at] ?? heightPx;
      const top = Math.max(0, bottom - column.probabilities[label] * heightPx);
      const area = `M${px(column.x0)} ${px(bottom)}H${px(column.x1)}V${px(top)}H${px(column.x0)}Z`;
      if (column.isUnclear) unclear += area;
      else spoken += area;
      const next = columns[at + 1];
      if (next !== undefined && next.startMs - column.endMs <= MAX_CARRY_MS && next.x0 > column.x1) {
        const nextBottom = floor[at + 1] ?? heightPx;
        const nextTop = Math.max(0, nextBottom - next.probabilities[label] * heightPx);
        const middle = px((column.x1 + next.x0) / 2);
        const [x0, x1] = [px(column.x1), px(next.x0)];
        between += `M${x0} ${px(bottom)}C${middle} ${px(bottom)} ${middle} ${px(nextBottom)} ${x1} ${px(nextBottom)}`;
        between += `V${px(nextTop)}C${middle} ${px(nextTop)} ${middle} ${px(top)} ${x0} ${px(top)}Z`;
      }
    });
    columns.forEach((column, at) => {
      floor[at] = (floor[at] ?? heightPx) - column.probabilities[label] * heightPx;
    });
    return { label, spoken, unclear, between };
  });
}
