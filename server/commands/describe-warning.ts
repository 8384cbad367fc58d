import { toClockTime } from '../clock-time.ts';
import type { AnalysisWarning } from '../ingest/file/analysis-warning.ts';
import { printable } from '../printable.ts';

/** A warning as one line for people. One about cues names their times itself. */
export function describeWarning({ message, startMs, endMs, cues }: AnalysisWarning): string {
  const place =
    startMs === undefined || cues !== undefined
      ? ''
      : ` (${toClockTime(startMs)}${endMs === undefined ? '' : `–${toClockTime(endMs)}`})`;
  return `warning: ${printable(message)}${place}\n`;
}
