import type { AnalysisShards } from '../analysis/analysis-shards.ts';
import type { PipelineAnalysisOptions } from './pipeline-analysis.ts';
import type { SessionPlace } from './session-registry.ts';

/** Analyzes each session in one of the analysis threads. Sessions share the models and the picture threads. */
export function shardAnalysis(
  shards: AnalysisShards,
  options: Omit<PipelineAnalysisOptions, 'models' | 'clock'>,
): () => SessionPlace {
  const { pictures, jitterMs, maxUtteranceMs, reports } = options;
  return () => {
    const { turns, analyze } = shards.place();
    return {
      turns,
      analyze({ session, endReason, onBacklog, memory, toldBefore }) {
        const observer = reports.of(session.sessionId);
        const settings = { session, jitterMs, maxUtteranceMs, wantsDecisions: observer.decided !== undefined };
        const decodeImage = pictures.openSession(session.sessionId);
        return analyze(settings, { observer, decodeImage, memory, onBacklog }, endReason, toldBefore);
      },
    };
  };
}
