import { Observable, type OperatorFunction, Subject } from 'rxjs';
import { MAX_REVISABLE_UTTERANCES } from './features/extract-features.ts';
import type { ScoreSignal } from './inference/utterance-scores.ts';
import { guarded } from './support/guarded.ts';
import type { UtteranceSignal, UtteranceTranscribed } from './window/utterance.ts';

export interface CoalesceRevisionsOptions {
  /** From the window stage's signals to scores: what is to be kept from doing the same work again and again. */
  readonly score: OperatorFunction<UtteranceSignal, ScoreSignal>;
  /** Revisions of a session that are scored at the same time. Default 4. */
  readonly maxInFlight?: number;
  /** Told of each revision that was left out because newer words of its utterance came while it waited. */
  readonly onCoalesced?: () => void;
}

/**
 * Scores utterances, and revisions no faster than they can be scored: one at a time of an utterance, a few at a time in
 * all. Of those that wait only an utterance's newest is kept; it holds all words of the utterance anyway. What the
 * source tells at last is always scored.
 */
export function coalesceRevisions(options: CoalesceRevisionsOptions): OperatorFunction<UtteranceSignal, ScoreSignal> {
  const { score, maxInFlight = 4, onCoalesced = () => {} } = options;
  return (source) =>
    new Observable<ScoreSignal>((subscriber) => {
      const signals = new Subject<UtteranceSignal>();
      /** Closed utterances that the feature stage still knows, oldest first. */
      const revisable = new Set<string>();
      /** Utterances of which something is being scored. */
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
        waiting.delete(oldest);
      }

      function revise(signal: UtteranceTranscribed): void {
        const { id } = signal.utterance;
        if (!revisable.has(id)) return;
        if (waiting.has(id)) onCoalesced();
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
