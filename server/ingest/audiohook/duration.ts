const DURATION = /^PT(\d{1,9}(?:\.\d{1,9})?)S$/;

/** Reads AudioHook's ISO 8601 durations, such as `PT1.5S`, as ms. Null for anything else. */
export function parseDurationMs(value: unknown): number | null {
  const seconds = typeof value === 'string' ? DURATION.exec(value)?.[1] : undefined;
  return seconds === undefined ? null : Number(seconds) * 1000;
}

/** Writes ms as an AudioHook duration. */
export function toDuration(ms: number): string {
  return `PT${Number((Math.max(0, ms) / 1000).toFixed(3))}S`;
}
