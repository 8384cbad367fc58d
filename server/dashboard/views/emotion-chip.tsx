import type { JSX } from 'preact';
import { EMOTION_NAMES, type UtteranceState } from '../../../client-sdk/protocol/index.ts';
import { EmotionGlyph } from '../charts/emotion-glyph.tsx';
import { UnclearGlyph } from '../charts/unclear-glyph.tsx';
import { isUnclear, UNCLEAR_NAME } from '../state/certainty.ts';
import { formatPercent } from '../state/format.ts';

/**
 * Face, name and confidence of an emotion. For an unclear emotion, muted text says so and names the most probable one.
 */
export function EmotionChip({ emotion }: { emotion: UtteranceState['emotion'] }): JSX.Element {
  const name = EMOTION_NAMES[emotion.label];
  const confidence = formatPercent(emotion.confidence);
  if (isUnclear(emotion)) {
    return (
      <span class="emotion-chip emotion-chip-unclear" title={`Perhaps ${name.toLowerCase()}, ${confidence}`}>
        <UnclearGlyph sizePx={20} />
        <span>{UNCLEAR_NAME}</span>
        <span class="emotion-chip-confidence">
          <span class="visually-hidden">, perhaps </span>
          <span aria-hidden="true">· </span>
          {name.toLowerCase()}
          <span class="visually-hidden">, {confidence}</span>
        </span>
      </span>
    );
  }
  return (
    <span class={`emotion-chip emotion-${emotion.label}`}>
      <EmotionGlyph label={emotion.label} sizePx={20} />
      <span class="emotion-chip-name">{name}</span>
      <span class="emotion-chip-confidence">{confidence}</span>
    </span>
  );
}
