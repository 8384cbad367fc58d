import type { EmotionEvent } from '../../client-sdk/protocol/index.ts';
import type { ReportData, ReportScore, ReportUtterance, ReportWarning } from '../dashboard/report/report-data.ts';
import { applyEvents, emptySessionView, type UtteranceView } from '../dashboard/state/session-view.ts';

/** What a report is made of. */
export interface ReportSource {
  /** Every event of the session, in order of sequence. */
  readonly events: readonly EmotionEvent[];
  readonly title: string;
  /** Name of the recording, without its folder. */
  readonly sourceFileName: string;
  readonly durationMs: number;
  /** The model that scored it, as `<bundle>@<version>`. */
  readonly modelId: string;
  /** Default: none. */
  readonly warnings?: readonly ReportWarning[];
  /** Shows the emotions of agents, too. Default: false. */
  readonly showsAgentEmotions?: boolean;
}

/** The newest revision of each utterance, without what the report does not show. */
export function toReportData(source: ReportSource): ReportData {
  const { events, title, sourceFileName, durationMs, modelId, warnings = [], showsAgentEmotions = false } = source;
  const { utterances } = applyEvents(emptySessionView(''), events);
  return {
    title,
    sourceFileName,
    durationMs,
    modelId,
    showsAgentEmotions,
    utterances: utterances.map((utterance) => toReportUtterance(utterance, showsAgentEmotions)),
    warnings: warnings.map(({ message, startMs, endMs }) => ({
      message,
      ...(startMs !== undefined && { startMs }),
      ...(endMs !== undefined && { endMs }),
    })),
  };
}

function toReportUtterance(utterance: UtteranceView, showsAgentEmotions: boolean): ReportUtterance {
  const { id, participant, startMs, endMs, score, failure } = utterance;
  const isHidden = participant.role === 'agent' && !showsAgentEmotions;
  return {
    id,
    participant,
    startMs,
    endMs: endMs ?? startMs,
    text: failure?.transcript?.text ?? score?.transcript?.text ?? null,
    score: score === null || isHidden ? null : toReportScore(score),
    failure: failure === null || isHidden ? null : failure.message,
  };
}

function toReportScore({ emotion, sentiment, dissatisfaction, modalities, explanation }: ReportScore): ReportScore {
  return {
    emotion,
    sentiment,
    ...(dissatisfaction !== undefined && { dissatisfaction }),
    modalities,
    ...(explanation !== undefined && { explanation }),
  };
}
