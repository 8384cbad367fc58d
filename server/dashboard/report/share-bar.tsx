import type { JSX } from 'preact';
import { patternId } from '../charts/emotion-patterns.tsx';
import type { EmotionShares } from '../state/lanes.ts';

/** The emotions as parts of one bar. Decorative: the numbers are always next to it. */
export function ShareBar({ shares }: { shares: EmotionShares }): JSX.Element {
  let from = 0;
  return (
    <svg class="share-bar" width="100%" height="10" aria-hidden="true">
      {shares.clear.map(({ label, share }) => {
        const area = { x: `${from * 100}%`, width: `${share * 100}%`, height: 10 };
        from += share;
        return (
          <g key={label} class={`emotion-${label}`}>
            <rect class="band" {...area} />
            <rect class="band-texture" {...area} fill={`url(#${patternId(label)})`} />
          </g>
        );
      })}
      {shares.unclear > 0 && (
        <rect class="share-unclear" x={`${from * 100}%`} width={`${shares.unclear * 100}%`} height="10" />
      )}
    </svg>
  );
}
