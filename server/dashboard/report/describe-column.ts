import { EMOTION_NAMES } from '../../../client-sdk/protocol/index.ts';
import { describeEmotion } from '../state/certainty.ts';
import { formatMediaTime, formatPercent, formatSentiment } from '../state/format.ts';
import type { Party } from './call-summary.ts';
import type { LaneColumn } from './lane-columns.ts';

/** A column of the timeline in one line. */
export function describeColumn(column: LaneColumn, { name }: Pick<Party, 'name'>): string {
  const [only, ...more] = column.utterances;
  if (only !== undefined && more.length === 0) {
    const { score, text, startMs } = only;
    const parts = [`${formatMediaTime(startMs)} ${name}`];
    if (score !== null) {
      parts.push(
        `${describeEmotion(score.emotion)} ${formatPercent(score.emotion.confidence)}`,
        `sentiment ${formatSentiment(score.sentiment.score)}`,
      );
    }
    if (text !== null) parts.push(`“${text}”`);
    return parts.join(' · ');
  }
  const { startMs, endMs, spoken, sentiment, label, isDissatisfied, utterances } = column;
  const parts = [
    `${formatMediaTime(startMs)}–${formatMediaTime(endMs)} ${name}`,
    `${utterances.length} utterances`,
    `speaks ${formatPercent(spoken)} of the time`,
  ];
  if (sentiment !== null) parts.push(`sentiment ${formatSentiment(sentiment)}`);
  if (label !== null) parts.push(`mostly ${EMOTION_NAMES[label].toLowerCase()}`);
  if (isDissatisfied) parts.push('dissatisfaction likely');
  return parts.join(' · ');
}
