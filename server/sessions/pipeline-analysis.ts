import type { Models } from '../../models/index.ts';
import { analyzeEmotion, type Clock, type PipelineObserver } from '../../pipeline/index.ts';
import type { PicturePool } from '../ingest/pictures/picture-pool.ts';
import type { Analyze } from './session.ts';

export interface PipelineAnalysisOptions {
  readonly models: Models;
  /** Decodes the pictures of all sessions. */
  readonly pictures: PicturePool;
  readonly clock: Clock;
  readonly jitterMs: number;
  readonly maxUtteranceMs: number;
  /** Provides the observer for failures, drops and decisions of each session's analysis. */
  readonly reports: { of(sessionId: string): PipelineObserver };
}

/** Analyses each session with the pipeline. Sessions share the models and the picture threads. */
export function pipelineAnalysis(options: PipelineAnalysisOptions): Analyze {
  const { models, pictures, clock, jitterMs, maxUtteranceMs, reports } = options;
  return (analysis) => {
    const { sessionId } = analysis.session;
    return analyzeEmotion({
      ...analysis,
      models: models.forSession(sessionId),
      decodeImage: pictures.openSession(sessionId),
      clock,
      jitterMs,
      maxUtteranceMs,
      observer: reports.of(sessionId),
    });
  };
}
