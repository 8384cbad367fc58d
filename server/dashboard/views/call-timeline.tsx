import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { EMOTION_NAMES } from '../../../client-sdk/protocol/index.ts';
import { EmotionGlyph } from '../charts/emotion-glyph.tsx';
import { TimeAxis } from '../charts/time-axis.tsx';
import type { TimeScale } from '../charts/time-scale.ts';
import { UnclearGlyph } from '../charts/unclear-glyph.tsx';
import { useWidth } from '../live/use-width.ts';
import { isUnclear, UNCLEAR_NAME } from '../state/certainty.ts';
import { EMOTION_LETTERS, STACK_ORDER } from '../state/emotions.ts';
import { formatMediaTime } from '../state/format.ts';
import type { Lane } from '../state/lanes.ts';
import type { ScoredUtterance } from '../state/session-view.ts';
import { timeWindow, ZOOMS, type Zoom } from '../state/time-window.ts';
import { TimelineLane } from './timeline-lane.tsx';
import { TimelineTable } from './timeline-table.tsx';
import { UtteranceDetails } from './utterance-details.tsx';

export interface TimelineProps {
  readonly lanes: readonly Lane[];
  /** Newest moment of the call, in ms of media time. */
  readonly nowMs: number;
  readonly isLive: boolean;
  readonly initialZoom: Zoom;
  readonly selectedId: string | null;
  readonly onSelect: (utteranceId: string) => void;
}

/** The call over time: one lane per participant, and the details of the utterance under the pointer. */
export function CallTimeline({ lanes, nowMs, isLive, initialZoom, selectedId, onSelect }: TimelineProps): JSX.Element {
  const [zoom, setZoom] = useState<Zoom>(initialZoom);
  const [endMs, setEndMs] = useState<number | null>(null);
  const [pointedId, setPointedId] = useState<string | null>(null);
  const [area, widthPx] = useWidth<HTMLDivElement>();
  const shown = timeWindow(zoom, nowMs, endMs);
  const scale = useMemo(
    (): TimeScale => ({ startMs: shown.startMs, endMs: shown.endMs, widthPx: Math.max(1, widthPx) }),
    [shown.startMs, shown.endMs, widthPx],
  );
  const markedId = pointedId ?? selectedId;
  const hasUnclear = useMemo(() => hasScored(lanes, ({ score }) => isUnclear(score.emotion)), [lanes]);
  const hasDissatisfaction = useMemo(
    () => hasScored(lanes, ({ score }) => score.dissatisfaction !== undefined),
    [lanes],
  );
  const marked = useMemo(() => findScored(lanes, markedId), [lanes, markedId]);
  const follow = (utterance: ScoredUtterance): void => {
    if (utterance.endMs > shown.endMs) setEndMs(utterance.endMs);
    if (utterance.startMs < shown.startMs) setEndMs(utterance.startMs + (shown.endMs - shown.startMs));
  };

  return (
    <section class="timeline card" aria-labelledby="timeline-title">
      <header class="section-head">
        <h2 id="timeline-title">Timeline</h2>
        {zoom !== 'all' && nowMs > zoom && (
          <Position
            zoom={zoom}
            nowMs={nowMs}
            endMs={shown.endMs}
            isFollowing={endMs === null}
            isLive={isLive}
            onMove={setEndMs}
          />
        )}
        <fieldset class="segmented">
          <legend class="visually-hidden">How much of the call to show</legend>
          {ZOOMS.map((choice) => (
            <button
              key={choice.name}
              type="button"
              aria-pressed={zoom === choice.zoom}
              onClick={() => {
                setZoom(choice.zoom);
                setEndMs(null);
              }}
            >
              {choice.name}
            </button>
          ))}
        </fieldset>
      </header>
      <div class="timeline-lanes">
        {lanes.map((lane) => (
          <TimelineLane
            key={lane.participant.id}
            lane={lane}
            scale={scale}
            nowMs={nowMs}
            showsDissatisfaction={hasDissatisfaction}
            selectedId={markedId}
            onPoint={setPointedId}
            onSelect={onSelect}
            onReach={follow}
          />
        ))}
        <div class="timeline-axis" ref={area}>
          {widthPx > 0 && <TimeAxis scale={scale} />}
        </div>
      </div>
      <UtteranceDetails utterance={marked} />
      <Legend hasUnclear={hasUnclear} hasDissatisfaction={hasDissatisfaction} />
      <TimelineTable lanes={lanes} />
    </section>
  );
}

function Position(props: {
  zoom: number;
  nowMs: number;
  endMs: number;
  isFollowing: boolean;
  isLive: boolean;
  onMove: (endMs: number | null) => void;
}): JSX.Element {
  const { zoom, nowMs, endMs, isFollowing, isLive, onMove } = props;
  return (
    <div class="timeline-position">
      <input
        type="range"
        aria-label="Part of the call shown"
        aria-valuetext={`${formatMediaTime(endMs - zoom)} to ${formatMediaTime(endMs)}`}
        min={zoom}
        max={nowMs}
        step={1000}
        value={endMs}
        onInput={(event) => {
          const value = event.currentTarget.valueAsNumber;
          onMove(value >= nowMs - 1000 ? null : value);
        }}
      />
      {isLive && (
        <button type="button" class="button-quiet" aria-pressed={isFollowing} onClick={() => onMove(null)}>
          Follow live
        </button>
      )}
    </div>
  );
}

/** The colours, letters and faces of the seven emotions, and the other marks in the chart. */
function Legend(props: { hasUnclear: boolean; hasDissatisfaction: boolean }): JSX.Element {
  return (
    <ul class="legend" aria-label="Legend">
      {STACK_ORDER.toReversed().map((label) => (
        <li key={label} class={`emotion-${label}`}>
          <span class="legend-swatch" aria-hidden="true">
            {EMOTION_LETTERS[label]}
          </span>
          <EmotionGlyph label={label} sizePx={16} />
          {EMOTION_NAMES[label]}
        </li>
      ))}
      {props.hasUnclear && (
        <li class="unclear">
          <span class="legend-swatch" aria-hidden="true" />
          <UnclearGlyph sizePx={16} />
          {UNCLEAR_NAME}
        </li>
      )}
      {props.hasDissatisfaction && (
        <li>
          <svg class="legend-dissatisfaction" width="18" height="12" aria-hidden="true">
            <path class="dissatisfaction-low" d="M0 12V8H8V12Z" />
            <path class="dissatisfaction-likely" d="M10 12V2H18V12Z" />
          </svg>
          Dissatisfaction, coloured where likely
        </li>
      )}
    </ul>
  );
}

function hasScored(lanes: readonly Lane[], test: (utterance: ScoredUtterance) => boolean): boolean {
  return lanes.some((lane) => lane.scored.some(test));
}

function findScored(lanes: readonly Lane[], id: string | null): ScoredUtterance | null {
  if (id === null) return null;
  for (const lane of lanes) {
    const found = lane.scored.find((utterance) => utterance.id === id);
    if (found !== undefined) return found;
  }
  return null;
}
