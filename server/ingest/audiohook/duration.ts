const DURATION = /^PT(\d{1,9}(?:\.\d{1,9})?)S$/;

/** AudioHook's ISO 8601 durations, such as `PT1.5S`, in ms; null for what is none. */
export function parseDurationMs(value: unknown): number | null {
  const seconds = typeof value === 'string' ? DURATION.exec(value)?.[1] : undefined;
  return seconds === undefined ? null : Number(seconds) * 1000;
}

/** Ms as AudioHook writes a duration. */
export function toDuration(ms: number): string {
  return `PT${Number((Math.max(0, ms) / 1000).toFixed(3))}S`;
}
