/** Media time as `m:ss`, or `h:mm:ss` from one hour on. */
export function formatMediaTime(timeMs: number): string {
  const totalSeconds = Math.max(0, Math.floor(timeMs / 1000));
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor((totalSeconds % 3600) / 60);
  const seconds = String(totalSeconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`;
}

/** A duration in words, for screen readers and summaries: `1 h 4 min`, `2 min 5 s`, `8 s`. */
export function formatDuration(durationMs: number): string {
  const totalSeconds = Math.max(0, Math.round(durationMs / 1000));
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor((totalSeconds % 3600) / 60);
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${totalSeconds % 60} s` : `${totalSeconds} s`;
}

/** A share (0…1) as a whole percentage. */
export function formatPercent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A sentiment (−3…3) with sign and one decimal. Values that round to zero have no sign. */
export function formatSentiment(score: number): string {
  const text = Math.abs(score).toFixed(1);
  if (text === '0.0') return text;
  return score < 0 ? `−${text}` : `+${text}`;
}
