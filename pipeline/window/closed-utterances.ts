import type { TranscriptSegment } from '../media/media-frame.ts';
import type { MemoryAccount } from '../support/memory-account.ts';
import type { WordsPlace } from './interim-words.ts';
import { LateTranscripts, type SpokenRange } from './late-transcripts.ts';
import type { OpenTracks, Utterance, UtteranceClosed, UtteranceTranscribed } from './utterance.ts';

interface ClosedUtterance {
  readonly startMs: number;
  readonly endMs: number;
  readonly utterance: Utterance;
  readonly tracks: OpenTracks;
}

const BYTES_PER_CHARACTER = 2;

export interface ClosedUtterancesOptions {
  readonly emit: (signal: UtteranceClosed | UtteranceTranscribed) => void;
  readonly now: () => number;
  /** Called for each final segment that found no place. */
  readonly onUnmatched: () => void;
  readonly memory: MemoryAccount;
}

/** Tells of one participant's closed utterances: that they closed, and what words they have from then on. */
export class ClosedUtterances {
  readonly #emit: ClosedUtterancesOptions['emit'];
  readonly #now: () => number;
  readonly #transcripts: LateTranscripts<ClosedUtterance>;
  readonly #memory: MemoryAccount;
  #arrivedAtMs = 0;
  #heldBytes = 0;

  constructor({ emit, now, onUnmatched, memory }: ClosedUtterancesOptions) {
    this.#emit = emit;
    this.#now = now;
    this.#memory = memory;
    this.#transcripts = new LateTranscripts(onUnmatched);
  }

  /** Final segments that have no utterance yet, by arrival. */
  get waiting(): readonly TranscriptSegment[] {
    return this.#transcripts.waiting;
  }

  /** Where final words of this range would go now. */
  placeOf(range: SpokenRange, undecidedFromMs: number): WordsPlace {
    return this.#transcripts.placeOf(range, undecidedFromMs);
  }

  /** Nothing is decided from `undecidedFromMs` on; see {@link LateTranscripts}. */
  close(utterance: Utterance, tracks: OpenTracks, undecidedFromMs: number): void {
    const closed = { startMs: utterance.startMs, endMs: utterance.endMs, utterance, tracks };
    const revised = this.#transcripts.close(closed, undecidedFromMs);
    const transcript = this.#transcripts.transcriptOf(closed);
    this.#emit({ kind: 'closed', utterance, tracks, transcript, decidedAtMs: this.#now() });
    this.#revise(revised);
    this.#count();
  }

  /** Takes final words that have just arrived. */
  add(segment: TranscriptSegment, undecidedFromMs: number): void {
    this.#arrivedAtMs = this.#now();
    this.#revise(this.#transcripts.add(segment, undecidedFromMs));
    this.#count();
  }

  /** Gives words that wait their place as far as it is certain. */
  settle(undecidedFromMs: number): void {
    this.#revise(this.#transcripts.settle(undecidedFromMs));
  }

  #count(): void {
    const bytes = this.#transcripts.characters * BYTES_PER_CHARACTER;
    this.#memory.hold('words', bytes - this.#heldBytes);
    this.#heldBytes = bytes;
  }

  #revise(revised: readonly ClosedUtterance[]): void {
    for (const closed of revised) {
      const { utterance } = closed;
      const tracks = { ...closed.tracks, text: true };
      const transcript = this.#transcripts.transcriptOf(closed);
      this.#emit({ kind: 'transcribed', utterance, tracks, transcript, arrivedAtMs: this.#arrivedAtMs });
    }
  }
}
