import type { JSX } from 'preact';
import type { EmotionColumn } from './emotion-columns.ts';
import { px } from './time-scale.ts';

/** Dissatisfaction below the sentiment: one low bar per column, dark if dissatisfaction is likely. Not interactive. */
export function DissatisfactionRow(props: { columns: readonly EmotionColumn[]; heightPx: number }): JSX.Element {
  const { columns, heightPx } = props;
  const bars = (isLikely: boolean): string =>
    columns
      .filter(({ dissatisfaction }) => dissatisfaction?.likely === isLikely)
      .map(({ x0, x1, dissatisfaction }) => {
        const top = heightPx * (1 - (dissatisfaction?.probability ?? 0));
        return `M${px(x0)} ${heightPx}H${px(x1)}V${px(top)}H${px(x0)}Z`;
      })
      .join('');
  return (
    <>
      <path class="dissatisfaction-low" d={bars(false)} />
      <path class="dissatisfaction-likely" d={bars(true)} />
    </>
  );
}
