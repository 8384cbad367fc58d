/** Direction of a participant's mood. */
export type Trend = 'rising' | 'steady' | 'falling';

/** Number of utterances that a trend covers. */
export const TREND_UTTERANCES = 6;

/** Change of the mean sentiment that counts as a movement, on the scale −3…3. */
const MOVEMENT = 0.4;

/**
 * Compares the newer half of the last {@link TREND_UTTERANCES} sentiments with the older half. Null when there are
 * fewer than four sentiments.
 */
export function sentimentTrend(scores: readonly number[]): Trend | null {
  const recent = scores.slice(-TREND_UTTERANCES);
  if (recent.length < 4) return null;
  const half = Math.floor(recent.length / 2);
  const change = mean(recent.slice(-half)) - mean(recent.slice(0, half));
  if (change >= MOVEMENT) return 'rising';
  return change <= -MOVEMENT ? 'falling' : 'steady';
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
