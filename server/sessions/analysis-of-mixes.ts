import type { SpeakerModel } from '../../models/index.ts';
import type { Clock, PipelineObserver } from '../../pipeline/index.ts';
import { tellLiveVoicesApart } from '../ingest/voices/tell-live-voices-apart.ts';
import type { Analyze } from './session.ts';

export interface AnalysisOfMixesOptions {
  readonly speakers: SpeakerModel;
  readonly clock: Clock;
  readonly jitterMs: number;
  readonly reports: { of(sessionId: string): PipelineObserver };
}

/** Analyses each session after the voices of its audio track were told apart, if it has only one such track. */
export function analysisOfMixes(
  analyze: Analyze,
  { speakers, clock, jitterMs, reports }: AnalysisOfMixesOptions,
): Analyze {
  return (analysis) => {
    const { sessionId } = analysis.session;
    const observer = reports.of(sessionId);
    const apart = tellLiveVoicesApart({
      encoder: speakers.forSession(sessionId),
      clock,
      jitterMs,
      memory: analysis.memory,
      dropped: (drop) => observer.dropped(drop),
    });
    const analyzed = analyze(analysis);
    return (frames) => frames.pipe(apart, analyzed);
  };
}
