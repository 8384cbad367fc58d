import type { JSX } from 'preact';

/** A thin bar, filled by `share` (0…1). Decorative: the number is always next to it. */
export function DissatisfactionTrack({ share, widthPx }: { share: number; widthPx: number }): JSX.Element {
  return (
    <svg class="dissatisfaction-bar" width={widthPx} height="4" aria-hidden="true">
      <rect class="dissatisfaction-track" width="100%" height="4" rx="2" />
      <rect class="dissatisfaction-share" width={`${share * 100}%`} height="4" rx="2" />
    </svg>
  );
}
