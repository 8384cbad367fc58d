import type { JSX } from 'preact';
import { patternId } from '../charts/emotion-patterns.tsx';
import { px, type TimeScale, timeToX } from '../charts/time-scale.ts';
import { EMOTION_LETTERS } from '../state/emotions.ts';
import { formatSentiment } from '../state/format.ts';
import type { LaneColumn } from './lane-columns.ts';

const SENTIMENT_PX = 56;
/** Marks of dissatisfaction lie between sentiment and speech. */
const MARK_Y = SENTIMENT_PX + 5;
const STRIP_TOP = SENTIMENT_PX + 10;
const STRIP_PX = 18;
const LETTER_PX = 14;

interface ReportLaneProps {
  readonly columns: readonly LaneColumn[];
  readonly scale: TimeScale;
  /** Sentiment at the upper edge; its negative is at the lower one. The same for all lanes, so that they compare. */
  readonly reach: number;
  /** Shows speech only, without sentiment and emotions. */
  readonly hidesEmotions: boolean;
}

/** One participant over time: sentiment as bars around zero, and below it speech in the colour of its emotion. */
export function ReportLane({ columns, scale, reach, hidesEmotions }: ReportLaneProps): JSX.Element {
  const stripTop = hidesEmotions ? 0 : STRIP_TOP;
  const heightPx = stripTop + STRIP_PX;
  const zeroY = SENTIMENT_PX / 2;
  return (
    <svg
      class="lane-picture"
      width={scale.widthPx}
      height={heightPx}
      viewBox={`0 0 ${scale.widthPx} ${heightPx}`}
      aria-hidden="true"
    >
      {!hidesEmotions && (
        <>
          <rect class="lane-well" width={scale.widthPx} height={SENTIMENT_PX} rx="4" />
          <path class="lane-level" d={`M0 ${zeroY / 2}H${scale.widthPx}M0 ${zeroY * 1.5}H${scale.widthPx}`} />
          <path class="lane-zero" d={`M0 ${zeroY}H${scale.widthPx}`} />
        </>
      )}
      <rect class="lane-well" y={stripTop} width={scale.widthPx} height={STRIP_PX} rx="3" />
      {columns.map((column) => (
        <Column
          key={column.startMs}
          column={column}
          scale={scale}
          stripTop={stripTop}
          reach={reach}
          hidesEmotions={hidesEmotions}
        />
      ))}
      {!hidesEmotions && (
        <g class="sentiment-scale">
          <text x="3" y="11">
            {formatSentiment(reach)}
          </text>
          <text x="3" y={SENTIMENT_PX - 3}>
            {formatSentiment(-reach)}
          </text>
        </g>
      )}
    </svg>
  );
}

interface ColumnProps {
  readonly column: LaneColumn;
  readonly scale: TimeScale;
  readonly stripTop: number;
  readonly reach: number;
  readonly hidesEmotions: boolean;
}

function Column({ column, scale, stripTop, reach, hidesEmotions }: ColumnProps): JSX.Element | null {
  const { label, sentiment, spoken } = column;
  const x = timeToX(scale, column.startMs) + 0.5;
  const width = Math.max(1.5, timeToX(scale, column.endMs) - x - 0.5);
  if (x > scale.widthPx || x + width < 0) return null;
  const spokenPx = Math.max(2, STRIP_PX * spoken);
  const strip = { x: px(x), width: px(width), y: px(stripTop + STRIP_PX - spokenPx), height: px(spokenPx), rx: 2 };
  const zeroY = SENTIMENT_PX / 2;
  const y = zeroY * (1 - (sentiment ?? 0) / reach);
  return (
    <g class={label === null ? 'no-emotion' : `emotion-${label}`}>
      {sentiment !== null && (
        <rect
          class={sentiment < 0 ? 'bar-negative' : 'bar-positive'}
          x={px(x)}
          width={px(width)}
          y={px(Math.min(y, zeroY))}
          height={px(Math.max(1, Math.abs(y - zeroY)))}
          rx="1.5"
        />
      )}
      {column.isDissatisfied && <circle class="mark-dissatisfied" cx={px(x + width / 2)} cy={MARK_Y} r="2.5" />}
      <rect class={hidesEmotions || sentiment === null ? 'speech' : 'block'} {...strip} />
      {label !== null && label !== 'neutral' && (
        <rect class="band-texture" {...strip} fill={`url(#${patternId(label)})`} />
      )}
      {label !== null && width >= LETTER_PX && spokenPx >= STRIP_PX && (
        <text class="block-letter" x={px(x + width / 2)} y={stripTop + STRIP_PX / 2}>
          {EMOTION_LETTERS[label]}
        </text>
      )}
    </g>
  );
}
