import type { PipelineDrop, PipelineFailure, PipelineObserver } from '../../pipeline/index.ts';
import type { Warn } from '../ingest/file/analysis-warning.ts';

/** Reasons that a recording tells by itself: nothing broke. */
const ORDINARY = ['no-signal', 'unsupported-language', 'unmatched-transcript'];

interface Entry {
  count: number;
  startMs: number;
  endMs: number;
  readonly cause: unknown;
}

/** Counts what the analysis of a recording could not use, by stage and reason. */
export class AnalysisAccount implements PipelineObserver {
  readonly #failures = new Map<string, Entry>();
  readonly #drops = new Map<string, Entry>();

  failed({ stage, code, cause }: PipelineFailure): void {
    add(this.#failures, code, `${stage}: ${code}`, 1, undefined, cause);
  }

  dropped({ stage, reason, count, mediaTimeMs, cause }: PipelineDrop): void {
    add(this.#drops, reason, `${stage}: ${reason}`, count, mediaTimeMs, cause);
  }

  /** One warning per stage and reason. */
  close(warn: Warn): void {
    for (const [key, { count, cause }] of this.#failures) {
      const what = count === 1 ? 'one utterance was' : `${count} utterances were`;
      warn({ code: 'not-scored', message: `${what} not scored (${key})${because(cause)}` });
    }
    for (const [key, { count, cause, startMs, endMs }] of this.#drops) {
      const place = Number.isFinite(startMs) ? { startMs, endMs } : {};
      warn({
        code: 'media-left-out',
        message: `${count} left out of the analysis (${key})${because(cause)}`,
        ...place,
      });
    }
  }
}

function add(
  entries: Map<string, Entry>,
  reason: string,
  key: string,
  count: number,
  mediaTimeMs: number | undefined,
  cause: unknown,
): void {
  if (ORDINARY.includes(reason)) return;
  let entry = entries.get(key);
  if (entry === undefined) {
    entry = { count: 0, startMs: Number.POSITIVE_INFINITY, endMs: 0, cause };
    entries.set(key, entry);
  }
  entry.count += count;
  if (mediaTimeMs === undefined) return;
  entry.startMs = Math.min(entry.startMs, mediaTimeMs);
  entry.endMs = Math.max(entry.endMs, mediaTimeMs);
}

/** The error's message. One that may quote the call does so only in its cause, which is not told. */
function because(cause: unknown): string {
  return cause instanceof Error ? `: ${cause.message.split('\n')[0]}` : '';
}
