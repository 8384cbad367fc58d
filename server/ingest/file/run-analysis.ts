import { interval, type OperatorFunction, Subject } from 'rxjs';
import { type Clock, type MediaFrame, systemClock } from '../../../pipeline/index.ts';
import { AnalysisPace } from './analysis-pace.ts';
import type { Warn } from './analysis-warning.ts';

/** How far media may run ahead of the analysis, in ms of media. Well below what the pipeline buffers. */
const AHEAD_MS = 2000;
/** Time without any progress after which an analysis is ended, in ms. */
const NO_PROGRESS_MS = 30_000;
/** A process that was suspended or blocked misses ticks, so only time in which it could have gone on counts. */
const PROGRESS_INTERVAL_MS = 1000;

export interface RunAnalysisOptions<T> {
  /** In the order of media time. */
  readonly frames: AsyncIterable<MediaFrame> | Iterable<MediaFrame>;
  /** Builds the analysis. It must tell `onPending` what it works on, as {@link MeasureFeaturesOptions.onPending} says. */
  readonly analysis: (onPending: (fromMs: number) => void) => OperatorFunction<MediaFrame, T>;
  readonly onResult: (result: T) => void;
  /** Called with the media time that is analyzed so far, in ms. It never falls. */
  readonly onProgress?: (mediaTimeMs: number) => void;
  readonly warn?: Warn;
  /** Ends the analysis at once. */
  readonly signal?: AbortSignal;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/**
 * Runs media through an analysis, as fast as the analysis goes. Without any progress for 30 s, the source is given up:
 * the analysis ends with what it has, with the warning `no-progress`. After 30 s more, the analysis itself is given up.
 *
 * @throws what the source threw, after the media before it has been analyzed; what the analysis threw; the signal's reason.
 */
export async function runAnalysis<T>(options: RunAnalysisOptions<T>): Promise<void> {
  const { frames, onResult, onProgress = () => {}, warn = () => {}, signal, clock = systemClock } = options;
  const over = Promise.withResolvers<void>();
  const media = new Subject<MediaFrame>();
  const pace = new AnalysisPace(AHEAD_MS);
  let isStopped = false;
  let sourceError: { readonly cause: unknown } | null = null;
  let idleMs = 0;
  let pushedMs = 0;
  let pendingFromMs = Number.POSITIVE_INFINITY;
  let analyzedMs = 0;

  const progress = (): void => {
    idleMs = 0;
    analyzedMs = Math.max(analyzedMs, Math.min(pendingFromMs, pushedMs));
    onProgress(analyzedMs);
  };
  const analysis = options.analysis((fromMs) => {
    pendingFromMs = fromMs;
    progress();
    pace.pending(fromMs);
  });

  const replay = async (): Promise<void> => {
    for await (const frame of frames) {
      if (isStopped) return;
      idleMs = 0;
      if (frame.kind === 'audio' || frame.kind === 'video') {
        await pace.until(frame.startMs);
        if (isStopped) return;
        pushedMs = Math.max(pushedMs, frame.startMs);
        progress();
      }
      media.next(frame);
    }
  };
  const stop = (): void => {
    isStopped = true;
    pace.open();
  };
  const tick = (): void => {
    idleMs += PROGRESS_INTERVAL_MS;
    if (idleMs < NO_PROGRESS_MS) return;
    idleMs = 0;
    if (isStopped) {
      over.resolve();
      return;
    }
    warn({
      code: 'no-progress',
      message: `the analysis made no progress for ${NO_PROGRESS_MS / 1000} s and was ended; what follows in the recording is missing`,
      startMs: analyzedMs,
    });
    stop();
    media.complete();
  };
  const abort = (): void => over.reject(signal?.reason);

  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  const running = media.pipe(analysis).subscribe({
    next: (result) => {
      idleMs = 0;
      try {
        onResult(result);
      } catch (error) {
        over.reject(error);
      }
    },
    error: over.reject,
    complete: () => (sourceError === null ? over.resolve() : over.reject(sourceError.cause)),
  });
  const ticks = interval(PROGRESS_INTERVAL_MS, clock.scheduler).subscribe(tick);
  replay()
    .catch((cause: unknown) => {
      sourceError = { cause };
    })
    .then(() => media.complete());
  try {
    await over.promise;
  } finally {
    stop();
    ticks.unsubscribe();
    running.unsubscribe();
    signal?.removeEventListener('abort', abort);
  }
}
