import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { EMOTION_LETTERS } from '../state/emotions.ts';
import type { UtteranceView } from '../state/session-view.ts';
import { emotionBands } from './emotion-bands.ts';
import type { EmotionColumn } from './emotion-columns.ts';
import { patternId } from './emotion-patterns.tsx';
import { sentimentLine, sentimentToY } from './sentiment-line.ts';
import { px, type TimeScale, timeTicks, timeToX } from './time-scale.ts';

/** Heights of a lane's three rows and the gaps between them, px. */
const BLOCKS_PX = 20;
const BANDS_PX = 64;
const SENTIMENT_PX = 40;
const GAP_PX = 6;
const BANDS_TOP = BLOCKS_PX + GAP_PX;
const SENTIMENT_TOP = BANDS_TOP + BANDS_PX + GAP_PX;

/** Height of one lane's picture, px. */
export const LANE_HEIGHT_PX = SENTIMENT_TOP + SENTIMENT_PX;

/** Narrowest block that has room for its letter, px. */
const LETTER_PX = 14;

export interface EmotionLaneProps {
  readonly columns: readonly EmotionColumn[];
  /** Utterances that could not be scored. */
  readonly failed: readonly UtteranceView[];
  readonly scale: TimeScale;
  /** Ids of utterances to mark. */
  readonly selectedId: string | null;
  /** Start of the utterance being spoken, ms; null when silent. */
  readonly speakingSinceMs: number | null;
  /** The newest moment of the call, ms. */
  readonly nowMs: number;
}

/** One participant over time: utterance blocks, stacked emotion probabilities, sentiment. A pure picture. */
export function EmotionLane(props: EmotionLaneProps): JSX.Element {
  const { columns, failed, scale, selectedId, speakingSinceMs, nowMs } = props;
  const clipId = useId();
  const sentiment = sentimentLine(columns, SENTIMENT_PX);
  const selected = columns.find((column) => column.utterances.some((utterance) => utterance.id === selectedId));
  return (
    <svg
      class="lane-picture"
      width={scale.widthPx}
      height={LANE_HEIGHT_PX}
      viewBox={`0 0 ${scale.widthPx} ${LANE_HEIGHT_PX}`}
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
      <path class="lane-grid" d={gridPath(scale)} />
      <Blocks columns={columns} />
      <path class="block-failed" d={failedPath(failed, scale)} />
      {speakingSinceMs !== null && <SpeakingBlock scale={scale} fromMs={speakingSinceMs} toMs={nowMs} />}
      <g transform={`translate(0 ${BANDS_TOP})`}>
        {emotionBands(columns, BANDS_PX).map(({ label, spoken, between }) => (
          <g key={label} class={`emotion-${label}`}>
            <path class="band-between" d={between} />
            <path class="band" d={spoken} />
            {label !== 'neutral' && <path class="band-texture" d={spoken} fill={`url(#${patternId(label)})`} />}
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
      {selected !== undefined && (
        <g>
          <rect
            class="lane-selection"
            x={selected.x0 - 2}
            y="1"
            width={selected.x1 - selected.x0 + 4}
            height={LANE_HEIGHT_PX - 2}
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

function gridPath(scale: TimeScale): string {
  return timeTicks(scale, 90)
    .map((tick) => `M${px(timeToX(scale, tick))} ${BANDS_TOP}V${LANE_HEIGHT_PX}`)
    .join('');
}

function Blocks({ columns }: { columns: readonly EmotionColumn[] }): JSX.Element {
  return (
    <g>
      {columns.map((column) => {
        const label = strongestLabel(column);
        const width = column.x1 - column.x0;
        return (
          <g key={column.utterances[0]?.id} class={`emotion-${label}`}>
            <rect
              class="block"
              x={px(column.x0)}
              y="0"
              width={px(width)}
              height={BLOCKS_PX}
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

function strongestLabel(column: EmotionColumn): keyof EmotionColumn['probabilities'] {
  let best: keyof EmotionColumn['probabilities'] = 'neutral';
  for (const label of Object.keys(column.probabilities) as (keyof EmotionColumn['probabilities'])[]) {
    if (column.probabilities[label] > column.probabilities[best]) best = label;
  }
  return best;
}
