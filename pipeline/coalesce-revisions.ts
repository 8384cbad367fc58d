import { Observable, type OperatorFunction, Subject } from 'rxjs';
import { MAX_REVISABLE_UTTERANCES } from './features/extract-features.ts';
import type { ScoreSignal } from './inference/utterance-scores.ts';
import { guarded } from './support/guarded.ts';
import type { UtteranceSignal, UtteranceTranscribed } from './window/utterance.ts';

/** Why words that arrived are not scored. */
export type RevisionDropReason =
  /** Newer words of the same utterance arrived while they waited. The newer ones contain all words of the utterance. */
  | 'revision-superseded'
  /** Their utterance is too old to be revised. */
  | 'revision-expired';

export interface CoalesceRevisionsOptions {
  /** Turns the window stage's signals into scores. */
  readonly score: OperatorFunction<UtteranceSignal, ScoreSignal>;
  /** Revisions per session that are scored at the same time. Default 4. */
  readonly maxInFlight?: number;
  /** Called for each revision that is not scored. */
  readonly onDrop?: (reason: RevisionDropReason, revision: UtteranceTranscribed) => void;
}

/**
 * Scores utterances, and limits how many revisions are scored at the same time: one per utterance, a few in all. Of the
 * revisions that wait, only the newest per utterance is kept: it holds all words of the utterance. The last revision of
 * each utterance is always scored.
 */
export function coalesceRevisions(options: CoalesceRevisionsOptions): OperatorFunction<UtteranceSignal, ScoreSignal> {
  const { score, maxInFlight = 4, onDrop = () => {} } = options;
  return (source) =>
    new Observable<ScoreSignal>((subscriber) => {
      const signals = new Subject<UtteranceSignal>();
      /** Closed utterances that the feature stage still knows, oldest first. */
      const revisable = new Set<string>();
      /** Utterances that are being scored. */
      const busy = new Set<string>();
      const waiting = new Map<string, UtteranceTranscribed>();
      let inFlight = 0;
      let isDone = false;
      const guard = guarded(subscriber);

      function accept(signal: UtteranceSignal): void {
        if (signal.kind === 'transcribed') {
          revise(signal);
          return;
        }
        if (signal.kind === 'closed') {
          if (revisable.size >= MAX_REVISABLE_UTTERANCES) forgetOldest();
          revisable.add(signal.utterance.id);
          busy.add(signal.utterance.id);
        }
        signals.next(signal);
      }

      function forgetOldest(): void {
        const oldest = revisable.keys().next().value!;
        revisable.delete(oldest);
        const expired = waiting.get(oldest);
        if (expired === undefined) return;
        waiting.delete(oldest);
        onDrop('revision-expired', expired);
      }

      function revise(signal: UtteranceTranscribed): void {
        const { id } = signal.utterance;
        if (!revisable.has(id)) {
          onDrop('revision-expired', signal);
          return;
        }
        const superseded = waiting.get(id);
        if (superseded !== undefined) onDrop('revision-superseded', superseded);
        waiting.set(id, signal);
        release();
      }

      function release(): void {
        for (const [id, signal] of waiting) {
          if (inFlight >= maxInFlight) break;
          if (busy.has(id)) continue;
          waiting.delete(id);
          busy.add(id);
          inFlight += 1;
          signals.next(signal);
        }
        if (isDone && waiting.size === 0) signals.complete();
      }

      function tell(signal: ScoreSignal): void {
        subscriber.next(signal);
        if (signal.kind === 'opened') return;
        const { utterance, revision } = signal.kind === 'scored' ? signal.features : signal;
        busy.delete(utterance.id);
        if (revision > 0) inFlight -= 1;
        release();
      }

      subscriber.add(
        signals.pipe(score).subscribe({
          next: guard(tell),
          error: (error: unknown) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
      subscriber.add(
        source.subscribe({
          next: guard(accept),
          error: (error: unknown) => signals.error(error),
          complete: guard(() => {
            isDone = true;
            release();
          }),
        }),
      );
    });
}
