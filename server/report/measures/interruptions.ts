import { isListenerSignal } from './listener-signal.ts';
import type { MeasuredUtterance } from './measured-utterance.ts';

/** How long the other has to have spoken, and goes on speaking, in ms. Shorter overlaps are how turns change hands. */
export const OVERLAP_MS = 500;

export interface Interruption {
  /** Who breaks in. */
  readonly byId: string;
  /** Who is speaking. */
  readonly onId: string;
  /** When it happens, in ms of media time. */
  readonly atMs: number;
  /** The utterance that breaks in. */
  readonly utteranceId: string;
}

/**
 * Interruption: an utterance that begins while another participant has been speaking for at least half a second and goes
 * on for at least another half, unless it is a listener's signal. In order of time.
 *
 * @param utterances - Ordered by start.
 */
export function interruptions(utterances: readonly MeasuredUtterance[]): Interruption[] {
  const found: Interruption[] = [];
  /** The utterance of each participant that ends last so far. */
  const speaking = new Map<string, MeasuredUtterance>();
  for (const utterance of utterances) {
    const { id: byId } = utterance.participant;
    if (!isListenerSignal(utterance)) {
      for (const [onId, other] of speaking) {
        const isUnderWay =
          utterance.startMs - other.startMs >= OVERLAP_MS &&
          Math.min(other.endMs, utterance.endMs) - utterance.startMs >= OVERLAP_MS;
        if (onId !== byId && isUnderWay) {
          found.push({ byId, onId, atMs: utterance.startMs, utteranceId: utterance.id });
        }
      }
      const before = speaking.get(byId);
      if (before === undefined || before.endMs < utterance.endMs) speaking.set(byId, utterance);
    }
  }
  return found;
}
