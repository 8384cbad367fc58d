/** Maps media time to pixels and back. */
export interface TimeScale {
  /** First and last visible media time, in ms. */
  readonly startMs: number;
  readonly endMs: number;
  readonly widthPx: number;
}

/** Pixel position of a media time. Not clipped. */
export function timeToX(scale: TimeScale, timeMs: number): number {
  return ((timeMs - scale.startMs) / (scale.endMs - scale.startMs)) * scale.widthPx;
}

/** Media time of a pixel position. Not clipped. */
export function xToTime(scale: TimeScale, x: number): number {
  return scale.startMs + (x / scale.widthPx) * (scale.endMs - scale.startMs);
}

const TICK_STEPS_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 36_000];

/** Round media times for labels that are at least `spacingPx` apart. */
export function timeTicks(scale: TimeScale, spacingPx: number): number[] {
  const msPerPx = (scale.endMs - scale.startMs) / scale.widthPx;
  const wantedSeconds = (msPerPx * spacingPx) / 1000;
  const longest = TICK_STEPS_SECONDS.at(-1) ?? 1;
  const stepMs =
    1000 * (TICK_STEPS_SECONDS.find((step) => step >= wantedSeconds) ?? Math.ceil(wantedSeconds / longest) * longest);
  const ticks: number[] = [];
  for (let tick = Math.ceil(scale.startMs / stepMs) * stepMs; tick <= scale.endMs; tick += stepMs) ticks.push(tick);
  return ticks;
}

/** A pixel coordinate for an SVG path, with one decimal and no trailing zero. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
