import type { HistoryStore, RunRecord, StoredEvents } from './history-store.ts';

/** Events and bytes that are read at once. */
const READ_EVENTS = 1000;
const READ_BYTES = 1024 * 1024;

/** The newest events of a stored run, in order. */
export async function newestEvents(
  store: Pick<HistoryStore, 'events'>,
  run: RunRecord,
  maxEvents: number,
): Promise<StoredEvents['events']> {
  const events: StoredEvents['events'][number][] = [];
  let after = Math.max(0, run.lastSequence - maxEvents);
  while (after < run.lastSequence) {
    const page = await store.events(run, after, READ_EVENTS, READ_BYTES);
    if (page.events.length === 0) break;
    events.push(...page.events);
    after = page.events.at(-1)!.sequence;
  }
  return events;
}
