/** How much of a call the timeline shows, in ms. `all` shows the whole call. */
export type Zoom = 60_000 | 300_000 | 'all';

export const ZOOMS: readonly { readonly zoom: Zoom; readonly name: string }[] = [
  { zoom: 60_000, name: '1 min' },
  { zoom: 300_000, name: '5 min' },
  { zoom: 'all', name: 'Whole call' },
];

/**
 * Shortest stretch that the timeline shows, in ms. Without it, the first words of a call would fill the whole width.
 */
export const MIN_SPAN_MS = 30_000;

/** A stretch of media time, in ms. */
export interface TimeWindow {
  readonly startMs: number;
  readonly endMs: number;
}

/** The visible stretch. It ends at `endMs`. When `endMs` is null, it ends at the newest moment of the call. */
export function timeWindow(zoom: Zoom, nowMs: number, endMs: number | null): TimeWindow {
  const spanMs = zoom === 'all' ? Math.max(MIN_SPAN_MS, nowMs) : zoom;
  const lastMs = Math.max(spanMs, nowMs);
  if (zoom === 'all') return { startMs: 0, endMs: lastMs };
  const end = Math.min(lastMs, Math.max(spanMs, endMs ?? lastMs));
  return { startMs: end - spanMs, endMs: end };
}
