import type { JSX } from 'preact';
import { useCallback, useMemo, useState } from 'preact/hooks';
import { EMOTION_NAMES, participantName } from '../../../client-sdk/protocol/index.ts';
import { EmotionGlyph } from '../charts/emotion-glyph.tsx';
import { TimeAxis } from '../charts/time-axis.tsx';
import { type TimeScale, xToTime } from '../charts/time-scale.ts';
import { useWidth } from '../live/use-width.ts';
import { UNCLEAR_NAME } from '../state/certainty.ts';
import { EMOTION_LETTERS, STACK_ORDER } from '../state/emotions.ts';
import { formatMediaTime } from '../state/format.ts';
import type { Party } from './call-summary.ts';
import { describeColumn } from './describe-column.ts';
import { type Grain, type LaneColumn, laneColumns, laneGrain, sentimentReach } from './lane-columns.ts';
import { type Player, usePlayer } from './player.ts';
import type { ReportData } from './report-data.ts';
import { ReportLane } from './report-lane.tsx';

interface ReportTimelineProps {
  readonly data: ReportData;
  readonly parties: readonly Party[];
  readonly player: Player;
  readonly onListenAt: (timeMs: number) => void;
}

interface Zoom {
  readonly name: string;
  /** Null: the whole call. */
  readonly spanMs: number | null;
}

const ZOOMS: readonly Zoom[] = [
  { name: 'Whole call', spanMs: null },
  { name: '10 min', spanMs: 600_000 },
  { name: '2 min', spanMs: 120_000 },
];
/** Shortest call that is drawn over the whole width, in ms. */
const MIN_SPAN_MS = 30_000;

/** The call over time. A long call is summed up by minutes; zooming in shows its utterances. A click plays from there. */
export function ReportTimeline({ data, parties, player, onListenAt }: ReportTimelineProps): JSX.Element {
  const { durationMs, utterances } = data;
  const zooms = ZOOMS.filter(({ spanMs }) => spanMs === null || spanMs < durationMs);
  const [spanMs, setSpanMs] = useState<number | null>(null);
  const [chosenMs, setChosenMs] = useState(0);
  const [pointed, setPointed] = useState<string | null>(null);
  const [area, widthPx] = useWidth<HTMLDivElement>();
  const wholeMs = Math.max(MIN_SPAN_MS, durationMs);
  const select = useCallback((each: Player) => playedWindow(each, spanMs), [spanMs]);
  const playedMs = usePlayer(player, select);
  const startMs = spanMs === null ? 0 : Math.min(playedMs ?? chosenMs, Math.max(0, durationMs - spanMs));
  const scale = useMemo(
    (): TimeScale => ({ startMs, endMs: startMs + (spanMs ?? wholeMs), widthPx: Math.max(1, widthPx) }),
    [startMs, spanMs, wholeMs, widthPx],
  );
  const grain = laneGrain(scale.endMs - scale.startMs, scale.widthPx);
  const lanes = useMemo(
    () => parties.map((party) => ({ party, columns: laneColumns(party.utterances, grain) })),
    [parties, grain],
  );
  const reach = useMemo(() => sentimentReach(lanes.flatMap(({ columns }) => columns)), [lanes]);
  const second = usePlayer(player, secondOf);
  const timeOf = (event: MouseEvent): number => {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    return xToTime(scale, ((event.clientX - left) / Math.max(1, width)) * scale.widthPx);
  };
  const step = (event: KeyboardEvent): void => {
    const next = keyTarget(event.key, utterances, player.timeMs);
    if (next === null) return;
    event.preventDefault();
    player.moveTo(next);
    setChosenMs(Math.max(0, next - (spanMs ?? 0) / 2));
  };
  return (
    <section class="timeline report-timeline card" aria-labelledby="timeline-title">
      <header class="section-head">
        <h2 id="timeline-title">
          Timeline <span class="muted count">{grainName(grain)}</span>
        </h2>
        {spanMs !== null && (
          <div class="timeline-position">
            <input
              type="range"
              aria-label="Part of the call shown"
              aria-valuetext={`${formatMediaTime(scale.startMs)} to ${formatMediaTime(scale.endMs)}`}
              min={0}
              max={Math.max(0, durationMs - spanMs)}
              step={1000}
              value={startMs}
              onInput={(event) => setChosenMs(event.currentTarget.valueAsNumber)}
            />
          </div>
        )}
        {zooms.length > 1 && (
          <fieldset class="segmented">
            <legend class="visually-hidden">How much of the call to show</legend>
            {zooms.map((zoom) => (
              <button
                key={zoom.name}
                type="button"
                aria-pressed={spanMs === zoom.spanMs}
                onClick={() => {
                  setSpanMs(zoom.spanMs);
                  setChosenMs(Math.max(0, player.timeMs - (zoom.spanMs ?? 0) / 2));
                }}
              >
                {zoom.name}
              </button>
            ))}
          </fieldset>
        )}
      </header>
      <div
        class="report-lanes"
        role="slider"
        tabIndex={0}
        aria-label="Utterances in time"
        aria-valuemin={0}
        aria-valuemax={Math.ceil(durationMs / 1000)}
        aria-valuenow={second}
        aria-valuetext={describeTime(utterances, player.timeMs)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onListenAt(player.timeMs);
          else step(event);
        }}
      >
        {lanes.map(({ party, columns }) => (
          <div key={party.participant.id} class="report-lane">
            <div class="lane-head">
              <b dir="auto">{party.name}</b>
              {party.hidesEmotions && <span class="muted">speech only</span>}
            </div>
            {/* biome-ignore lint/a11y: the slider around it does the same for keyboards and screen readers. */}
            <div
              class="lane-surface"
              onPointerMove={(event) => setPointed(describePointed(columns, timeOf(event), party))}
              onPointerLeave={() => setPointed(null)}
              onClick={(event) => onListenAt(timeOf(event))}
            >
              {widthPx > 0 && (
                <ReportLane columns={columns} scale={scale} reach={reach} hidesEmotions={party.hidesEmotions} />
              )}
            </div>
          </div>
        ))}
        <div class="timeline-axis" ref={area}>
          {widthPx > 0 && <TimeAxis scale={scale} />}
        </div>
        <PlayCursor player={player} scale={scale} />
      </div>
      <p class="lane-pointed muted" aria-hidden="true">
        {pointed ?? 'Click to play from there.'}
      </p>
      <ReportLegend parties={parties} />
    </section>
  );
}

/** The start of the page of the call in which the player is, so that a zoomed timeline follows it. Null: it rests. */
function playedWindow({ isPlaying, timeMs }: Player, spanMs: number | null): number | null {
  return isPlaying && spanMs !== null ? Math.floor(timeMs / (spanMs * 0.9)) * spanMs * 0.9 : null;
}

function PlayCursor({ player, scale }: { player: Player; scale: TimeScale }): JSX.Element | null {
  const timeMs = usePlayer(player, timeOfPlayer);
  const share = (timeMs - scale.startMs) / (scale.endMs - scale.startMs);
  if (share < 0 || share > 1 || timeMs === 0) return null;
  return <div class="play-cursor" style={{ left: `${share * 100}%` }} />;
}

const secondOf = (player: Player): number => Math.floor(player.timeMs / 1000);
const timeOfPlayer = (player: Player): number => player.timeMs;

/** The utterance at a time, for screen readers. */
function describeTime(utterances: ReportData['utterances'], timeMs: number): string {
  const spoken = utterances.findLast(({ startMs }) => startMs <= timeMs);
  const [column] = laneColumns(spoken === undefined ? [] : [spoken], 'utterance');
  return spoken === undefined || column === undefined
    ? formatMediaTime(timeMs)
    : describeColumn(column, { name: participantName(spoken.participant) });
}

function describePointed(columns: readonly LaneColumn[], timeMs: number, party: Party): string | null {
  const column = columns.find(({ startMs, endMs }) => startMs <= timeMs && timeMs < endMs);
  return column === undefined ? null : describeColumn(column, party);
}

function grainName(grain: Grain): string {
  if (grain === 'utterance') return 'by utterance';
  return grain === 60_000 ? 'by minute' : `by ${grain / 60_000} minutes`;
}

function keyTarget(key: string, utterances: ReportData['utterances'], timeMs: number): number | null {
  const starts = utterances.map(({ startMs }) => startMs);
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return starts.findLast((startMs) => startMs < timeMs - 1) ?? 0;
    case 'ArrowRight':
    case 'ArrowUp':
      return starts.find((startMs) => startMs > timeMs + 1) ?? null;
    case 'Home':
      return 0;
    case 'End':
      return starts.at(-1) ?? null;
    default:
      return null;
  }
}

function ReportLegend({ parties }: { parties: readonly Party[] }): JSX.Element | null {
  const scores = parties.flatMap(({ scored }) => scored.map(({ score }) => score));
  if (scores.length === 0) return null;
  const present = new Set(
    scores.filter(({ emotion }) => emotion.certain !== false).map(({ emotion }) => emotion.label),
  );
  return (
    <ul class="legend" aria-label="Legend">
      <li>
        <span class="legend-bar" aria-hidden="true" /> Sentiment above and below zero
      </li>
      {STACK_ORDER.toReversed()
        .filter((label) => present.has(label))
        .map((label) => (
          <li key={label} class={`emotion-${label}`}>
            <span class="legend-swatch" aria-hidden="true">
              {EMOTION_LETTERS[label]}
            </span>
            <EmotionGlyph label={label} sizePx={16} />
            {EMOTION_NAMES[label]}
          </li>
        ))}
      {scores.some(({ emotion }) => emotion.certain === false) && (
        <li class="unclear">
          <span class="legend-swatch" aria-hidden="true" />
          {UNCLEAR_NAME}
        </li>
      )}
      {scores.some(({ dissatisfaction }) => dissatisfaction?.likely === true) && (
        <li>
          <span class="legend-dot" aria-hidden="true" /> Dissatisfaction likely
        </li>
      )}
    </ul>
  );
}
