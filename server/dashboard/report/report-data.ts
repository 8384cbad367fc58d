import type { UtteranceEmotion } from '../../../client-sdk/protocol/index.ts';
import type { MeasuredUtterance } from '../../report/measures/measured-utterance.ts';

/** What the report shows of an utterance's score. */
export type ReportScore = Pick<
  UtteranceEmotion,
  'emotion' | 'sentiment' | 'dissatisfaction' | 'modalities' | 'explanation'
>;

/** One utterance of the report. */
export interface ReportUtterance extends MeasuredUtterance {
  /** Null: it was not scored, or it is an agent's and the emotions of agents are off. */
  readonly score: ReportScore | null;
  /** Why it was not scored, for people. */
  readonly failure: string | null;
}

/** Something that the reader should know about the recording or its transcript. */
export interface ReportWarning {
  readonly message: string;
  /** Where in the recording, in ms. Absent: it is about all of it. */
  readonly startMs?: number;
  readonly endMs?: number;
}

/** The content of a report. */
export interface ReportData {
  readonly title: string;
  /** Name of the recording, without its folder. */
  readonly sourceFileName: string;
  readonly durationMs: number;
  /** The model that scored it, as `<bundle>@<version>`. */
  readonly modelId: string;
  /** Whether agents have scores. If not, the file holds none of them. */
  readonly showsAgentEmotions: boolean;
  /** Ordered by start. */
  readonly utterances: readonly ReportUtterance[];
  readonly warnings: readonly ReportWarning[];
}

/** Id of the element that holds the {@link ReportData} as JSON. */
export const REPORT_DATA_ID = 'report-data';

/** Id of the element that holds the sound in base64. It is missing in a report without sound. */
export const REPORT_SOUND_ID = 'report-sound';
