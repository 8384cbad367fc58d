import { MAX_TRANSCRIPT_LENGTH } from '../../protocol/index.ts';
import type { TranscriptWords } from '../session-publisher.ts';

/** What a recogniser reports of one phrase. */
export interface RecognizedPhrase {
  readonly text: string;
  readonly final: boolean;
}

/** Typical time from a word to its first guess, in ms. */
const RECOGNITION_DELAY_MS = 300;
/** Typical pace of speech, for a phrase that is final at once. */
const MS_PER_CHARACTER = 65;

/**
 * Gives media times to what a recogniser without times of its own reports: a phrase begins with its first guess and
 * ends with its last change; one that is final at once began as long before as it takes to say. Segment ids go on counting when recognition restarts.
 */
export class RecognizedSegments {
  #firstSegment = 0;
  #previousEndMs = 0;
  readonly #phrases = new Map<number, { startMs: number; endMs: number; text: string }>();

  /** Recognition begins anew: the phrases of the recogniser count from 0 again. */
  restart(): void {
    this.#firstSegment += Math.max(-1, ...this.#phrases.keys()) + 1;
    this.#phrases.clear();
  }

  /**
   * @param index - which phrase since recognition began, from 0.
   * @param nowMs - media time of the report.
   * @returns the phrase as a segment, or null when there are no words in it.
   */
  update(index: number, phrase: RecognizedPhrase, nowMs: number): TranscriptWords | null {
    const text = phrase.text.trim().slice(0, MAX_TRANSCRIPT_LENGTH);
    if (text === '') return null;
    const heardMs = Math.max(this.#previousEndMs, nowMs - RECOGNITION_DELAY_MS);
    const spokenMs = phrase.final ? text.length * MS_PER_CHARACTER : 0;
    const known = this.#phrases.get(index) ?? {
      startMs: Math.max(this.#previousEndMs, heardMs - spokenMs),
      endMs: heardMs,
      text: '',
    };
    if (text !== known.text && !(phrase.final && known.text !== '')) known.endMs = heardMs;
    known.text = text;
    this.#phrases.set(index, known);
    if (phrase.final) this.#previousEndMs = Math.max(this.#previousEndMs, known.endMs);
    const { startMs, endMs } = known;
    return { segmentId: `${this.#firstSegment + index}`, startMs, endMs, text, final: phrase.final };
  }
}
