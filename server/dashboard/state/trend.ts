/** Where a participant's mood is going. */
export type Trend = 'rising' | 'steady' | 'falling';

/** Utterances that a trend looks back on. */
export const TREND_UTTERANCES = 6;

/** Change of the mean sentiment that counts as a movement, on the −3…3 scale. */
const MOVEMENT = 0.4;

/**
 * Compares the newer half of the last {@link TREND_UTTERANCES} sentiments with the older half.
 * Null with fewer than four: there is no telling yet.
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
