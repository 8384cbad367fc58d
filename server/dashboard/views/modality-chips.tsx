import type { JSX } from 'preact';
import {
  MODALITY_NAMES,
  MODALITY_ORDER,
  type Modality,
  type ModalityState,
  type UtteranceEmotion,
} from '../../../client-sdk/protocol/index.ts';
import { describeModality } from '../state/emotions.ts';
import { formatPercent } from '../state/format.ts';
import { Icon, type IconName } from './icon.tsx';

const MODALITY_ICONS: Readonly<Record<Modality, IconName>> = { text: 'words', audio: 'voice', video: 'face' };
const STATE_ICONS: Readonly<Record<ModalityState, IconName>> = {
  ok: 'check',
  noisy: 'wave',
  absent: 'dash',
  late: 'clock',
};

/** The modalities of a score: state and contribution of voice, face and words. */
export function ModalityChips({ modalities }: { modalities: UtteranceEmotion['modalities'] }): JSX.Element {
  return (
    <ul class="modalities" aria-label="What this rests on">
      {MODALITY_ORDER.map((modality) => {
        const { state, contribution } = modalities[modality];
        const { name, hint } = describeModality(modalities[modality]);
        return (
          <li key={modality} class={`modality modality-${state}`}>
            <span class="modality-name">
              <Icon name={MODALITY_ICONS[modality]} sizePx={15} />
              {MODALITY_NAMES[modality]}
              {contribution > 0 && <b>{formatPercent(contribution)}</b>}
            </span>
            <svg class="modality-bar" width="100%" height="4" aria-hidden="true">
              <rect class="modality-track" width="100%" height="4" rx="2" />
              {contribution > 0 && <rect class="modality-share" width={`${contribution * 100}%`} height="4" rx="2" />}
            </svg>
            <span class="modality-state" title={hint}>
              <Icon name={STATE_ICONS[state]} sizePx={13} />
              {name}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
