import type { JSX } from 'preact';
import type { EmotionLabel } from '../../../client-sdk/protocol/index.ts';

const TEXTURES: Readonly<Record<EmotionLabel, string>> = {
  anger: 'M-1 1l2-2M0 8l8-8M7 9l2-2',
  disgust: 'M0 0l8 8M8 0l-8 8',
  fear: 'M2 0v8M6 0v8',
  joy: 'M2 2h.01M6 6h.01',
  neutral: '',
  sadness: 'M0 2h8M0 6h8',
  surprise: 'M-1 7l2 2M0 0l8 8M7 -1l2 2',
};

/** Id of an emotion's texture, for `fill="url(#…)"`. */
export function patternId(label: EmotionLabel): string {
  return `texture-${label}`;
}

/** Textures over the bands, so that the bands differ even without colour. Used once per page, outside the charts. */
export function EmotionPatterns(): JSX.Element {
  return (
    <svg class="pattern-defs" width="0" height="0" aria-hidden="true">
      <defs>
        {Object.entries(TEXTURES).map(([label, path]) => (
          <pattern key={label} id={patternId(label as EmotionLabel)} width="8" height="8" patternUnits="userSpaceOnUse">
            <path class={label === 'joy' ? 'texture texture-dots' : 'texture'} d={path} />
          </pattern>
        ))}
      </defs>
    </svg>
  );
}
