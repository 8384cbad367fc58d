import { participantName } from '../../../client-sdk/protocol/index.ts';
import { csvRow } from '../../report/csv-row.ts';
import type { ReportData, ReportUtterance } from './report-data.ts';

const COLUMNS: readonly (readonly [name: string, read: (utterance: ReportUtterance) => string | number | null])[] = [
  ['start_s', ({ startMs }) => startMs / 1000],
  ['end_s', ({ endMs }) => endMs / 1000],
  ['speaker', ({ participant }) => participantName(participant)],
  ['role', ({ participant }) => participant.role],
  ['words', ({ text }) => text],
  ['emotion', ({ score }) => score?.emotion.label ?? null],
  ['certain', ({ score }) => score?.emotion.certain?.toString() ?? null],
  ['confidence', ({ score }) => score?.emotion.confidence ?? null],
  ['sentiment', ({ score }) => score?.sentiment.score ?? null],
  ['dissatisfaction', ({ score }) => score?.dissatisfaction?.probability ?? null],
  ['dissatisfaction_likely', ({ score }) => score?.dissatisfaction?.likely.toString() ?? null],
];

/**
 * One row per utterance, with a head, as RFC 4180 describes. It begins with a byte order mark, because Excel reads other
 * files as Latin-1. Text that a spreadsheet would run as a formula gets an apostrophe before it.
 */
export function toCsv({ utterances }: Pick<ReportData, 'utterances'>): string {
  const rows = [COLUMNS.map(([name]) => name), ...utterances.map((each) => COLUMNS.map(([, read]) => read(each)))];
  return `\ufeff${rows.map(csvRow).join('')}`;
}
