import type { UtteranceRow } from '../../client-sdk/protocol/index.ts';
import { csvRow } from '../report/csv-row.ts';
import type { HistoryStore, RunRecord, SessionQuery } from './history-store.ts';

/**
 * What an export holds. `utterances-jsonl` and `utterances-csv`: one line per utterance, in flat columns of one type each, as
 * a table in Parquet has them. `events-jsonl`: each event as it was told.
 */
export const EXPORT_FORMATS = ['utterances-jsonl', 'utterances-csv', 'events-jsonl'] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Content type of each format. */
export const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  'utterances-jsonl': 'application/x-ndjson; charset=utf-8',
  'utterances-csv': 'text/csv; charset=utf-8; header=present',
  'events-jsonl': 'application/x-ndjson; charset=utf-8',
};

/** Columns of an export of utterances, in order. The first is the wall-clock start of the session. */
export const EXPORT_COLUMNS = [
  'sessionStartedAt',
  'sessionId',
  'epoch',
  'utteranceId',
  'participant',
  'role',
  'startMs',
  'endMs',
  'revision',
  'sequence',
  'label',
  'confidence',
  'certain',
  'sentiment',
  'dissatisfaction',
  'dissatisfied',
  'failure',
  'text',
] as const satisfies readonly ('sessionStartedAt' | keyof UtteranceRow)[];

type ExportRow = UtteranceRow & { readonly sessionStartedAt: string };

/** Sessions, utterances and events that are read at once. */
const PAGE_SESSIONS = 100;
const PAGE_ROWS = 500;
const PAGE_BYTES = 512 * 1024;

/** Exports one run, or all that fulfil a query. Yields parts of the file. */
export async function* exportHistory(
  store: Pick<HistoryStore, 'sessions' | 'utterances' | 'events'>,
  what: RunRecord | Omit<SessionQuery, 'limit' | 'cursor'>,
  format: ExportFormat,
): AsyncGenerator<Buffer> {
  // Excel reads a file without a byte order mark as Latin-1.
  if (format === 'utterances-csv') yield Buffer.from(`\ufeff${csvRow(EXPORT_COLUMNS)}`);
  if ('traceparent' in what) {
    yield* exportRun(store, what, format);
    return;
  }
  for (let cursor: number | null | undefined; cursor !== null; ) {
    const page = await store.sessions({ ...what, limit: PAGE_SESSIONS, ...(cursor !== undefined && { cursor }) });
    for (const { run } of page.sessions) yield* exportRun(store, run, format);
    cursor = page.next;
  }
}

async function* exportRun(
  store: Pick<HistoryStore, 'utterances' | 'events'>,
  run: RunRecord,
  format: ExportFormat,
): AsyncGenerator<Buffer> {
  if (format === 'events-jsonl') {
    yield* exportEvents(store, run);
    return;
  }
  const sessionStartedAt = new Date(run.startedAtMs).toISOString();
  const line = format === 'utterances-csv' ? csvLine : jsonLine;
  for (let cursor: number | null | undefined; cursor !== null; ) {
    const page = await store.utterances(run, cursor ?? null, PAGE_ROWS);
    const rows = page.utterances.map((utterance) => line({ sessionStartedAt, ...utterance }));
    if (rows.length > 0) yield Buffer.from(rows.join(''));
    cursor = page.next;
  }
}

async function* exportEvents(store: Pick<HistoryStore, 'events'>, run: RunRecord): AsyncGenerator<Buffer> {
  for (let after = 0; ; ) {
    const { events } = await store.events(run, after, PAGE_ROWS, PAGE_BYTES);
    const last = events.at(-1);
    if (last === undefined) return;
    yield Buffer.concat(events.flatMap(({ json }) => [json, NEWLINE]));
    after = last.sequence;
  }
}

const NEWLINE = Buffer.from('\n');

function jsonLine(row: ExportRow): string {
  return `${JSON.stringify(row, EXPORT_COLUMNS as unknown as string[])}\n`;
}

function csvLine(row: ExportRow): string {
  return csvRow(EXPORT_COLUMNS.map((column) => row[column]));
}
