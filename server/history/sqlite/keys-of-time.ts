import type { DatabaseSync } from 'node:sqlite';

/**
 * The keys `[low, high)` within which all runs lie that started in `[fromMs, toMs)`. Keys rise with time, except where the
 * clock was set back, so other runs may lie between them.
 */
export function keysOfTime(
  db: DatabaseSync,
  { fromMs, toMs }: { readonly fromMs?: number | undefined; readonly toMs?: number | undefined },
): readonly [number, number] {
  const key = (sql: string, ms: number): number | null => (db.prepare(sql).get(ms) as { key: number | null }).key;
  const low = fromMs === undefined ? 0 : key('SELECT min(key) AS key FROM run WHERE started_at_ms >= ?', fromMs);
  const last =
    toMs === undefined
      ? Number.MAX_SAFE_INTEGER - 1
      : key('SELECT max(key) AS key FROM run WHERE started_at_ms < ?', toMs);
  return low === null || last === null ? [0, 0] : [low, last + 1];
}
