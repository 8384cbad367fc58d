import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { EMOTION_LETTERS } from '../state/emotions.ts';
import type { UtteranceView } from '../state/session-view.ts';
import { DissatisfactionRow } from './dissatisfaction-row.tsx';
import { emotionBands } from './emotion-bands.ts';
import type { EmotionColumn } from './emotion-columns.ts';
import { patternId } from './emotion-patterns.tsx';
import { sentimentLine, sentimentToY } from './sentiment-line.ts';
import { px, type TimeScale, timeTicks, timeToX } from './time-scale.ts';

/** Heights of a lane's rows and the gaps between them, in px. */
const BLOCKS_PX = 20;
const BANDS_PX = 64;
const SENTIMENT_PX = 40;
const DISSATISFACTION_PX = 12;
const GAP_PX = 6;
const BANDS_TOP = BLOCKS_PX + GAP_PX;
const SENTIMENT_TOP = BANDS_TOP + BANDS_PX + GAP_PX;
const DISSATISFACTION_TOP = SENTIMENT_TOP + SENTIMENT_PX + GAP_PX;

/** Narrowest block that has room for a letter, in px. */
const LETTER_PX = 14;

export interface EmotionLaneProps {
  readonly columns: readonly EmotionColumn[];
  /** Utterances that could not be scored. */
  readonly failed: readonly UtteranceView[];
  readonly scale: TimeScale;
  /** Id of the utterance to highlight. Null when there is none. */
  readonly selectedId: string | null;
  /** Start of the utterance that is being spoken, in ms. Null when the participant is silent. */
  readonly speakingSinceMs: number | null;
  /** The newest moment of the call, in ms. */
  readonly nowMs: number;
  /** Whether there is a row for dissatisfaction. */
  readonly showsDissatisfaction: boolean;
}

/**
 * One participant over time: utterance blocks, stacked emotion probabilities, sentiment and, if available,
 * dissatisfaction. Not interactive.
 */
export function EmotionLane(props: EmotionLaneProps): JSX.Element {
  const { columns, failed, scale, selectedId, speakingSinceMs, nowMs } = props;
  const clipId = useId();
  const heightPx = props.showsDissatisfaction ? DISSATISFACTION_TOP + DISSATISFACTION_PX : SENTIMENT_TOP + SENTIMENT_PX;
  const sentiment = sentimentLine(columns, SENTIMENT_PX);
  const selected = columns.find((column) => column.utterances.some((utterance) => utterance.id === selectedId));
  return (
    <svg
      class="lane-picture"
      width={scale.widthPx}
      height={heightPx}
      viewBox={`0 0 ${scale.widthPx} ${heightPx}`}
      aria-hidden="true"
    >
      <defs>
        <clipPath id={`${clipId}-above`}>
          <rect x="0" y="0" width={scale.widthPx} height={sentiment.zeroY} />
        </clipPath>
        <clipPath id={`${clipId}-below`}>
          <rect x="0" y={sentiment.zeroY} width={scale.widthPx} height={SENTIMENT_PX - sentiment.zeroY} />
        </clipPath>
      </defs>
      <rect class="lane-well" x="0" y={BANDS_TOP} width={scale.widthPx} height={BANDS_PX} rx="4" />
      <path class="lane-grid" d={gridPath(scale, heightPx)} />
      <Blocks columns={columns} />
      <path class="block-failed" d={failedPath(failed, scale)} />
      {speakingSinceMs !== null && <SpeakingBlock scale={scale} fromMs={speakingSinceMs} toMs={nowMs} />}
      <g transform={`translate(0 ${BANDS_TOP})`}>
        {emotionBands(columns, BANDS_PX).map(({ label, spoken, unclear, between }) => (
          <g key={label} class={`emotion-${label}`}>
            <path class="band-between" d={between} />
            <path class="band" d={spoken} />
            {unclear !== '' && <path class="band-unclear" d={unclear} />}
            {label !== 'neutral' && (
              <path class="band-texture" d={spoken + unclear} fill={`url(#${patternId(label)})`} />
            )}
          </g>
        ))}
      </g>
      <g transform={`translate(0 ${SENTIMENT_TOP})`}>
        <path class="sentiment-zero" d={`M0 ${px(sentiment.zeroY)}H${scale.widthPx}`} />
        <path class="sentiment-positive" d={sentiment.area} clip-path={`url(#${clipId}-above)`} />
        <path class="sentiment-negative" d={sentiment.area} clip-path={`url(#${clipId}-below)`} />
        <path class="sentiment-line" d={sentiment.line} />
        <text class="sentiment-scale" x="2" y="9">
          +3
        </text>
        <text class="sentiment-scale" x="2" y={SENTIMENT_PX - 2}>
          −3
        </text>
      </g>
      {props.showsDissatisfaction && (
        <g transform={`translate(0 ${DISSATISFACTION_TOP})`}>
          <DissatisfactionRow columns={columns} heightPx={DISSATISFACTION_PX} />
        </g>
      )}
      {selected !== undefined && (
        <g>
          <rect
            class="lane-selection"
            x={selected.x0 - 2}
            y="1"
            width={selected.x1 - selected.x0 + 4}
            height={heightPx - 2}
            rx="4"
          />
          <circle
            class="sentiment-dot"
            cx={(selected.x0 + selected.x1) / 2}
            cy={SENTIMENT_TOP + sentimentToY(selected.sentiment, SENTIMENT_PX)}
            r="4"
          />
        </g>
      )}
    </svg>
  );
}

/** An outline with a cross for each utterance without a score. */
function failedPath(failed: readonly UtteranceView[], scale: TimeScale): string {
  return failed
    .map(({ startMs, endMs }) => {
      const [x0, x1] = [timeToX(scale, startMs), timeToX(scale, endMs ?? startMs)];
      const [middle, y] = [(x0 + x1) / 2, BLOCKS_PX / 2];
      const outline = `M${px(x0)} 1H${px(x1)}V${BLOCKS_PX - 1}H${px(x0)}Z`;
      return `${outline}M${px(middle - 3)} ${y - 3}l6 6M${px(middle + 3)} ${y - 3}l-6 6`;
    })
    .join('');
}

function gridPath(scale: TimeScale, heightPx: number): string {
  return timeTicks(scale, 90)
    .map((tick) => `M${px(timeToX(scale, tick))} ${BANDS_TOP}V${heightPx}`)
    .join('');
}

function Blocks({ columns }: { columns: readonly EmotionColumn[] }): JSX.Element {
  return (
    <g>
      {columns.map((column) => {
        const { label, isUnclear } = column;
        const inset = isUnclear ? 0.75 : 0;
        const width = column.x1 - column.x0;
        return (
          <g key={column.utterances[0]?.id} class={isUnclear ? 'unclear' : `emotion-${label}`}>
            <rect
              class="block"
              x={px(column.x0 + inset)}
              y={inset}
              width={px(width - 2 * inset)}
              height={BLOCKS_PX - 2 * inset}
              rx={Math.min(5, width / 2)}
            />
            {width >= LETTER_PX && (
              <text class="block-letter" x={px(column.x0 + width / 2)} y={BLOCKS_PX / 2}>
                {EMOTION_LETTERS[label]}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

function SpeakingBlock({ scale, fromMs, toMs }: { scale: TimeScale; fromMs: number; toMs: number }): JSX.Element {
  const x = timeToX(scale, fromMs);
  const width = Math.max(6, timeToX(scale, toMs) - x);
  return <rect class="block-speaking" x={px(x)} y="1" width={px(width)} height={BLOCKS_PX - 2} rx="5" />;
}
