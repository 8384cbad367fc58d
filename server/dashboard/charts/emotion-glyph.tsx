import type { JSX } from 'preact';
import type { EmotionLabel } from '../../../client-sdk/protocol/index.ts';

const FEATURES: Readonly<Record<EmotionLabel, string>> = {
  anger: 'M6.6 7.4l3.6 1.9M17.4 7.4l-3.6 1.9M9.2 11.6v.2M14.8 11.6v.2M8.3 17q3.7-3.2 7.4 0',
  disgust: 'M7 9.2l3.2 1M17 9.2l-3.2 1M7.4 16.4c1.4-2.6 3-2.4 4.3-1s2.9 1.6 4.9-.6',
  fear: 'M7.2 7q1.1-1.2 2.8-1.2M16.8 7q-1.1-1.2-2.8-1.2M8.8 10.2v1M15.2 10.2v1M7.4 16.4q1.15-2 2.3 0t2.3 0t2.3 0t2.3 0',
  joy: 'M7.2 10.2q1.5-2 3 0M13.8 10.2q1.5-2 3 0M7.2 13.8q4.8 5.4 9.6 0',
  neutral: 'M8.8 9.8v.4M15.2 9.8v.4M8.2 15.4h7.6',
  sadness: 'M6.8 9l3-1.6M17.2 9l-3-1.6M8.8 11.4v.3M15.2 11.4v.3M8 17q4-4 8 0',
  surprise: 'M7.2 7.2q1.6-1.6 3.2 0M13.6 7.2q1.6-1.6 3.2 0M8.8 10.2v.3M15.2 10.2v.3M12 14a1.9 2.2 0 1 0 .01 0',
};

/** A small face for an emotion. Decorative: the emotion's name is always next to it. */
export function EmotionGlyph({ label, sizePx }: { label: EmotionLabel; sizePx: number }): JSX.Element {
  return (
    <svg class={`emotion-glyph emotion-${label}`} width={sizePx} height={sizePx} viewBox="0 0 24 24" aria-hidden="true">
      <circle class="emotion-glyph-face" cx="12" cy="12" r="11" />
      <path class="emotion-glyph-features" d={FEATURES[label]} />
    </svg>
  );
}
