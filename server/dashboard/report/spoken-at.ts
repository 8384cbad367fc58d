import type { ReportUtterance } from './report-data.ts';

/** The utterance that is being spoken at a time: of several, the one that began last. Null in silence. */
export function spokenAt(utterances: readonly ReportUtterance[], timeMs: number): ReportUtterance | null {
  return utterances.findLast(({ startMs, endMs }) => startMs <= timeMs && timeMs < endMs) ?? null;
}
