import type { JSX } from 'preact';
import { patternId } from '../charts/emotion-patterns.tsx';
import { sentimentToY } from '../charts/sentiment-line.ts';
import { px, type TimeScale, timeToX } from '../charts/time-scale.ts';
import { EMOTION_LETTERS } from '../state/emotions.ts';
import type { LaneColumn } from './lane-columns.ts';

const SENTIMENT_PX = 56;
const STRIP_TOP = SENTIMENT_PX + 4;
const STRIP_PX = 16;
const LETTER_PX = 14;

interface ReportLaneProps {
  readonly columns: readonly LaneColumn[];
  readonly scale: TimeScale;
  /** Shows speech only, without sentiment and emotions. */
  readonly hidesEmotions: boolean;
}

/** One participant over time: sentiment as bars around zero, and below it speech in the colour of its emotion. */
export function ReportLane({ columns, scale, hidesEmotions }: ReportLaneProps): JSX.Element {
  const stripTop = hidesEmotions ? 0 : STRIP_TOP;
  const heightPx = stripTop + STRIP_PX;
  const zeroY = sentimentToY(0, SENTIMENT_PX);
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
          <path class="lane-level" d={levels(scale.widthPx)} />
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
          zeroY={zeroY}
          hidesEmotions={hidesEmotions}
        />
      ))}
    </svg>
  );
}

/** The heights of ±1.5. */
function levels(widthPx: number): string {
  return [1.5, -1.5].map((score) => `M0 ${px(sentimentToY(score, SENTIMENT_PX))}H${widthPx}`).join('');
}

interface ColumnProps {
  readonly column: LaneColumn;
  readonly scale: TimeScale;
  readonly stripTop: number;
  readonly zeroY: number;
  readonly hidesEmotions: boolean;
}

function Column({ column, scale, stripTop, zeroY, hidesEmotions }: ColumnProps): JSX.Element | null {
  const { label, sentiment, spoken } = column;
  const x = timeToX(scale, column.startMs) + 0.5;
  const width = Math.max(1.5, timeToX(scale, column.endMs) - x - 0.5);
  if (x > scale.widthPx || x + width < 0) return null;
  const spokenPx = Math.max(2, STRIP_PX * spoken);
  const strip = { x: px(x), width: px(width), y: px(stripTop + STRIP_PX - spokenPx), height: px(spokenPx), rx: 2 };
  const y = sentimentToY(sentiment ?? 0, SENTIMENT_PX);
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
      {column.isDissatisfied && <circle class="mark-dissatisfied" cx={px(x + width / 2)} cy={SENTIMENT_PX - 5} r="3" />}
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
