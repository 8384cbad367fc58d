import type { JSX } from 'preact';
import { formatMediaTime } from '../state/format.ts';
import { px, type TimeScale, timeTicks, timeToX } from './time-scale.ts';

/** Labels of media time below the lanes. */
export function TimeAxis({ scale }: { scale: TimeScale }): JSX.Element {
  return (
    <svg class="time-axis" width={scale.widthPx} height="20" viewBox={`0 0 ${scale.widthPx} 20`} aria-hidden="true">
      {timeTicks(scale, 90).map((tick) => {
        const x = timeToX(scale, tick);
        const anchor = x < 16 ? 'start' : x > scale.widthPx - 16 ? 'end' : 'middle';
        return (
          <text key={tick} x={px(x)} y="14" text-anchor={anchor}>
            {formatMediaTime(tick)}
          </text>
        );
      })}
    </svg>
  );
}
