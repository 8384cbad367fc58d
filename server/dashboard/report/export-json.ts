import type { CallSummary } from './call-summary.ts';
import type { ReportData } from './report-data.ts';

/** The report for programs: measures and utterances. Indented by two spaces. */
export function toExportJson(data: ReportData, summary: CallSummary): string {
  const { title, sourceFileName, durationMs, modelId, showsAgentEmotions, utterances, warnings } = data;
  const measures = {
    participants: summary.parties.map(({ participant, talk, course }) => ({
      ...participant,
      spokenMs: talk.spokenMs,
      talkShare: talk.share,
      course,
    })),
    mutualSilence: summary.silence,
    interruptions: summary.interruptions,
    longestMonologue: summary.monologue,
    moments: {
      worst: summary.moments.worst.map(({ id }) => id),
      best: summary.moments.best.map(({ id }) => id),
    },
  };
  const whole = { title, sourceFileName, durationMs, modelId, showsAgentEmotions, warnings, measures, utterances };
  return `${JSON.stringify(whole, null, 2)}\n`;
}
