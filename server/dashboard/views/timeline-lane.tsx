import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { participantName } from '../../../client-sdk/protocol/index.ts';
import { columnAt, emotionColumns } from '../charts/emotion-columns.ts';
import { EmotionLane } from '../charts/emotion-lane.tsx';
import { type TimeScale, xToTime } from '../charts/time-scale.ts';
import { describeEmotion } from '../state/certainty.ts';
import { describeDissatisfaction } from '../state/dissatisfaction.ts';
import { formatMediaTime, formatPercent } from '../state/format.ts';
import type { Lane } from '../state/lanes.ts';
import type { ScoredUtterance, UtteranceView } from '../state/session-view.ts';
import { SpeakingMarker } from './speaking-marker.tsx';

/** Largest distance between a pointer and the column that it selects, in px. */
const REACH_PX = 12;

export interface TimelineLaneProps {
  readonly lane: Lane;
  readonly scale: TimeScale;
  readonly nowMs: number;
  /** Whether there is a row for dissatisfaction. */
  readonly showsDissatisfaction: boolean;
  readonly selectedId: string | null;
  /** The utterance under the pointer. Null when the pointer leaves. */
  readonly onPoint: (utteranceId: string | null) => void;
  readonly onSelect: (utteranceId: string) => void;
  /** An utterance was reached by keyboard and must be scrolled into view. */
  readonly onReach: (utterance: ScoredUtterance) => void;
}

/** One participant's lane. Keyboards and screen readers get a list of utterances; the screen shows a chart. */
export function TimelineLane(props: TimelineLaneProps): JSX.Element {
  const { lane, scale, nowMs, showsDissatisfaction, selectedId, onPoint, onSelect, onReach } = props;
  const columns = useMemo(() => emotionColumns(lane.scored, scale), [lane.scored, scale]);
  const failed = useMemo(() => failedIn(lane.utterances, scale), [lane.utterances, scale]);
  const name = participantName(lane.participant);
  const selectedAt = lane.scored.findIndex((utterance) => utterance.id === selectedId);
  const selected = lane.scored[selectedAt];

  const under = (event: PointerEvent | MouseEvent): ScoredUtterance | null => {
    const x = event.clientX - (event.currentTarget as Element).getBoundingClientRect().left;
    const column = columnAt(columns, x, REACH_PX);
    if (column === null) return null;
    const timeMs = xToTime(scale, x);
    return column.utterances.find((utterance) => utterance.endMs > timeMs) ?? column.utterances.at(-1) ?? null;
  };
  const reach = (at: number): void => {
    const utterance = lane.scored[Math.min(lane.scored.length - 1, Math.max(0, at))];
    if (utterance === undefined) return;
    onReach(utterance);
    onSelect(utterance.id);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const target = keyTarget(event.key, selectedAt, lane.scored.length);
    if (target === null) return;
    event.preventDefault();
    reach(target);
  };

  return (
    <div class="lane">
      <div class="lane-head">
        <b dir="auto">{name}</b>
        <SpeakingMarker isSpeaking={lane.speakingSinceMs !== null} />
      </div>
      <div
        class="lane-surface"
        role="slider"
        tabIndex={0}
        aria-label={`${name}, utterances in time`}
        aria-valuemin={0}
        aria-valuemax={lane.scored.length}
        aria-valuenow={selectedAt + 1}
        aria-valuetext={selected === undefined ? `${lane.scored.length} utterances` : describe(selected)}
        onPointerMove={(event) => onPoint(under(event)?.id ?? null)}
        onPointerLeave={() => onPoint(null)}
        onClick={(event) => {
          const utterance = under(event);
          if (utterance !== null) onSelect(utterance.id);
        }}
        onKeyDown={onKeyDown}
      >
        <EmotionLane
          columns={columns}
          failed={failed}
          scale={scale}
          selectedId={selectedId}
          speakingSinceMs={lane.speakingSinceMs}
          nowMs={nowMs}
          showsDissatisfaction={showsDissatisfaction}
        />
      </div>
    </div>
  );
}

function failedIn(utterances: readonly UtteranceView[], { startMs, endMs }: TimeScale): UtteranceView[] {
  return utterances.filter(
    (utterance) =>
      utterance.failure !== null &&
      utterance.score === null &&
      utterance.startMs < endMs &&
      (utterance.endMs ?? 0) > startMs,
  );
}

function keyTarget(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return at < 0 ? count - 1 : at - 1;
    case 'ArrowRight':
    case 'ArrowUp':
      return at < 0 ? count - 1 : at + 1;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

function describe({ startMs, score }: ScoredUtterance): string {
  const { emotion, dissatisfaction } = score;
  const parts = [formatMediaTime(startMs), describeEmotion(emotion), formatPercent(emotion.confidence)];
  if (dissatisfaction !== undefined) parts.push(`Dissatisfaction ${describeDissatisfaction(dissatisfaction)}`);
  return parts.join(', ');
}
