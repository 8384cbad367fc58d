import type { JSX } from 'preact';
import type { EmotionScore } from '../../../client-sdk/protocol/index.ts';
import { EmotionGlyph } from '../charts/emotion-glyph.tsx';
import { EMOTION_NAMES } from '../state/emotions.ts';
import { formatPercent } from '../state/format.ts';

/** Face, name and confidence of an emotion. */
export function EmotionChip({ emotion }: { emotion: EmotionScore }): JSX.Element {
  return (
    <span class={`emotion-chip emotion-${emotion.label}`}>
      <EmotionGlyph label={emotion.label} sizePx={20} />
      <span class="emotion-chip-name">{EMOTION_NAMES[emotion.label]}</span>
      <span class="emotion-chip-confidence">{formatPercent(emotion.confidence)}</span>
    </span>
  );
}
