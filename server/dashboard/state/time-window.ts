/** How much of a call the timeline shows, ms; `all` is the whole of it. */
export type Zoom = 60_000 | 300_000 | 'all';

export const ZOOMS: readonly { readonly zoom: Zoom; readonly name: string }[] = [
  { zoom: 60_000, name: '1 min' },
  { zoom: 300_000, name: '5 min' },
  { zoom: 'all', name: 'Whole call' },
];

/** Shortest stretch that the timeline shows, ms, so that the first words of a call are not stretched over it all. */
export const MIN_SPAN_MS = 30_000;

/** A stretch of media time, ms. */
export interface TimeWindow {
  readonly startMs: number;
  readonly endMs: number;
}

/** The stretch to show: it ends at `endMs`, or follows the newest moment of the call when `endMs` is null. */
export function timeWindow(zoom: Zoom, nowMs: number, endMs: number | null): TimeWindow {
  const spanMs = zoom === 'all' ? Math.max(MIN_SPAN_MS, nowMs) : zoom;
  const lastMs = Math.max(spanMs, nowMs);
  if (zoom === 'all') return { startMs: 0, endMs: lastMs };
  const end = Math.min(lastMs, Math.max(spanMs, endMs ?? lastMs));
  return { startMs: end - spanMs, endMs: end };
}
