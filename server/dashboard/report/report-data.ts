import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';

/** The content of a report. */
export interface ReportData {
  /** Every event of the session, in order of sequence. */
  readonly events: readonly EmotionEvent[];
  readonly title: string;
  /** Name of the recording, without its folder. */
  readonly sourceFileName: string;
  readonly durationMs: number;
  /** The model that scored it, as `<bundle>@<version>`. */
  readonly modelId: string;
}

/** Id of the element that holds the {@link ReportData} as JSON. */
export const REPORT_DATA_ID = 'report-data';
