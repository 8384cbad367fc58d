import type { SpeakerModel } from '../../models/index.ts';
import type { Clock, PipelineDrop, PipelineObserver } from '../../pipeline/index.ts';
import { followSpeakerLabels } from '../ingest/speakers/follow-speaker-labels.ts';
import { tellLiveVoicesApart } from '../ingest/voices/tell-live-voices-apart.ts';
import type { Analyze } from './session.ts';

export interface AnalysisOfMixesOptions {
  /** Tells the voices of a session's only audio track apart. Left out: only a recogniser's labels do. */
  readonly speakers?: SpeakerModel | undefined;
  readonly clock: Clock;
  readonly jitterMs: number;
  readonly reports: { of(sessionId: string): PipelineObserver };
}

/**
 * Analyses each session after the speakers of a track were told apart: by a recogniser's labels, or else by their voices.
 * Labels win: once they bring a second participant, a session has no single audio track any more.
 */
export function analysisOfMixes(analyze: Analyze, options: AnalysisOfMixesOptions): Analyze {
  const { speakers, clock, jitterMs, reports } = options;
  return (analysis) => {
    const { addSpeaker, memory, session } = analysis;
    const observer = reports.of(session.sessionId);
    const dropped = (drop: PipelineDrop) => observer.dropped(drop);
    const labelled = followSpeakerLabels({ clock, memory, addSpeaker, dropped });
    const analyzed = analyze(analysis);
    if (speakers === undefined) return (frames) => frames.pipe(labelled, analyzed);
    const encoder = speakers.forSession(session.sessionId);
    const apart = tellLiveVoicesApart({ encoder, clock, jitterMs, memory, addSpeaker, dropped });
    return (frames) => frames.pipe(labelled, apart, analyzed);
  };
}
