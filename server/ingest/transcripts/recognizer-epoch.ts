import type { RecognizedSegment } from './recognized-segment.ts';
import { sameWords } from './same-words.ts';

/** Interim words whose final ones have not come. */
interface Guess {
  readonly key: string;
  /** Null: the recogniser gives interim words no times. */
  readonly range: { readonly startMs: number; readonly endMs: number } | null;
}

/** Final words, by which a later segment of the same key is judged. */
interface Final {
  readonly key: string;
  readonly text: string;
  readonly revisable: boolean;
  /** Into how many parts it was split. */
  parts: number;
}

/** Final segments per epoch that a later one is compared with. */
const MAX_FINALS = 500;

/**
 * A stretch of a recogniser's messages in which its ids and times are unique: one of its sessions, or one piece of audio.
 * Remembers what was said, so that a segment that comes again is told from another one with the same id or time.
 */
export class RecognizerEpoch {
  readonly number: number;
  /** What its first message was given as the offset, in ms. */
  readonly offsetMs: number;
  /** End of the last final segment per channel, in the recogniser's time. */
  readonly finalUntilMs = new Map<number, number>();
  /** Earliest start of the current interim segment, per channel whose recogniser gives no starts. */
  readonly guessedFromMs = new Map<number, number>();
  readonly #guesses = new Map<number, Guess>();
  readonly #finals = new Map<string, Final>();

  constructor(number: number, offsetMs: number) {
    this.number = number;
    this.offsetMs = offsetMs;
  }

  /**
   * The key of a segment: the recogniser's id or the start. Interim words and the final ones that replace them have the
   * same key, even if the start has moved.
   *
   * @returns `again` if the words are known already. `restarted` if the key stands for other final words already: ids and
   * times began again.
   */
  keyOf(segment: RecognizedSegment, own: string, startMs: number, endMs: number): string | 'again' | 'restarted' {
    const { channel, final, text } = segment;
    const before = this.#finals.get(`${channel} ${own}`);
    if (before !== undefined) {
      const isSame = sameWords(before.text, text);
      // The same words without a time say nothing new, and now would be the wrong time for them.
      if (isSame && segment.id !== null && segment.startMs === null && segment.words.length === 0) return 'again';
      if (final && (isSame || before.revisable)) return before.key;
      return isSame ? 'again' : 'restarted';
    }
    const guess = this.#guesses.get(channel);
    if (segment.id !== null || guess === undefined) return own;
    const { range } = guess;
    return range === null || (startMs < range.endMs && endMs > range.startMs) ? guess.key : own;
  }

  /** Remembers a segment under its key. `own` is the key that it has without a guess before it. */
  remember(segment: RecognizedSegment, own: string, key: string, startMs: number, endMs: number): void {
    const { channel, final, text, revisable = false } = segment;
    if (!final) {
      const isTimed = segment.startMs !== null || segment.words.length > 0;
      this.#guesses.set(channel, { key, range: isTimed ? { startMs, endMs } : null });
      return;
    }
    this.finalUntilMs.set(channel, Math.max(endMs, this.finalUntilMs.get(channel) ?? 0));
    this.guessedFromMs.delete(channel);
    const guess = this.#guesses.get(channel);
    if (guess !== undefined && (guess.range?.startMs ?? 0) < endMs) this.#guesses.delete(channel);
    const before = this.#finals.get(`${channel} ${own}`);
    this.#finals.set(`${channel} ${own}`, { key, text, revisable, parts: before?.parts ?? 0 });
    if (this.#finals.size > MAX_FINALS) this.#finals.delete(this.#finals.keys().next().value!);
  }

  /**
   * Notes into how many parts a final segment was split.
   *
   * @returns how many parts it had when it came before; 0 if it had not come.
   */
  noteParts({ channel }: RecognizedSegment, own: string, parts: number): number {
    const final = this.#finals.get(`${channel} ${own}`);
    const before = final?.parts ?? 0;
    if (final !== undefined) final.parts = parts;
    return before;
  }
}
