import type { UtteranceEndReason } from '../../client-sdk/protocol/index.ts';
import type { TranscriptSegment } from '../media/media-frame.ts';
import { msToSamples } from '../media/media-time.ts';
import type { ClosedUtterances } from './closed-utterances.ts';
import { type InterimRange, InterimWords } from './interim-words.ts';
import type { Timeline } from './timeline.ts';
import { type BoundaryEvent, MIN_WORDS_SAMPLES, type UtteranceBoundaries } from './utterance-boundaries.ts';

/** The lane whose words these are. */
export interface WordUtterancesOptions {
  readonly boundaries: UtteranceBoundaries;
  readonly closed: ClosedUtterances;
  readonly timeline: Timeline;
  /** How far the voice has been followed. */
  readonly positionSample: () => number;
  /** See {@link LateTranscripts}. */
  readonly undecidedFromMs: () => number;
  /** Whether the participant's audio is followed. */
  readonly isVoiceExpected: () => boolean;
  /** Whether decisions wait to be told. */
  readonly isPending: () => boolean;
  readonly decide: (events: readonly BoundaryEvent[]) => void;
  /** Tells an utterance of final words alone. */
  readonly speak: (startSample: number, endSample: number) => void;
}

/**
 * Gives one participant's words their utterances: those of the voice, or, where there is none, utterances of their own.
 * Interim words may open one; only final words give it a text.
 */
export class WordUtterances {
  readonly #lane: WordUtterancesOptions;
  readonly #interims = new InterimWords();

  constructor(lane: WordUtterancesOptions) {
    this.#lane = lane;
  }

  addFinal(segment: TranscriptSegment): void {
    const { boundaries, closed, decide, undecidedFromMs } = this.#lane;
    this.#interims.addFinal(segment);
    closed.add(segment, undecidedFromMs());
    decide(boundaries.addFinal(msToSamples(segment.startMs), msToSamples(segment.endMs)));
    this.place();
  }

  addInterim(segment: TranscriptSegment): void {
    const { boundaries, decide } = this.#lane;
    decide(boundaries.holdByWords(msToSamples(segment.startMs), msToSamples(segment.endMs)));
    this.#interims.add(segment);
    this.place();
  }

  /** Interim words that wait open nothing any more; what they hold open is closed, unless a voice may still join it. */
  expire(endedBy: UtteranceEndReason): void {
    const { boundaries, decide, isVoiceExpected, positionSample } = this.#lane;
    this.#interims.expire();
    if (!isVoiceExpected()) decide(boundaries.end(positionSample(), endedBy));
    this.place();
  }

  /** Gives words that wait their utterance; those of a voice that will not come get one of their own. */
  place(): void {
    const { closed, isPending, isVoiceExpected, positionSample, undecidedFromMs } = this.#lane;
    this.#openByInterim();
    if (closed.waiting.length === 0) {
      return;
    }
    closed.settle(undecidedFromMs());
    if (isPending() || isVoiceExpected()) {
      return;
    }
    const unheard = closed.waiting.filter(({ endMs }) => msToSamples(endMs) > positionSample());
    for (const segment of unheard.sort((a, b) => a.startMs - b.startMs)) {
      if (closed.waiting.includes(segment)) this.#speak(segment);
    }
    this.#openByInterim();
  }

  /**
   * Interim words open an utterance where their final words would find none: at once where no voice is expected, else
   * when the voice has been followed past them. Final words that wait for it close it.
   */
  #openByInterim(): void {
    const { boundaries, closed, decide, isPending, isVoiceExpected, undecidedFromMs } = this.#lane;
    if (this.#interims.isEmpty || boundaries.isOpen || isPending()) return;
    const isHeard = isVoiceExpected();
    const range = this.#interims.take(
      (words) => closed.placeOf(words, undecidedFromMs()),
      isHeard ? ['nowhere'] : ['nowhere', 'undecided'],
    );
    if (range === null) return;
    const startSample = this.#startOf(range, isHeard);
    const endSample = msToSamples(range.endMs);
    if (startSample === null || startSample >= endSample) {
      this.#openByInterim();
      return;
    }
    const events = boundaries.openByWords(startSample, endSample);
    for (const { startMs, endMs } of isHeard ? closed.waiting : []) {
      events.push(...boundaries.addFinal(msToSamples(startMs), msToSamples(endMs)));
    }
    decide(events);
  }

  /** Where an utterance of interim words may start; null where its audio is not to be had any more. */
  #startOf({ startMs }: InterimRange, isHeard: boolean): number | null {
    const { boundaries, timeline } = this.#lane;
    const startSample = Math.max(msToSamples(startMs), boundaries.floorSample);
    if (!isHeard) return startSample;
    if (timeline.endIndex === 0 || startSample < boundaries.runStartSample) return null;
    return Math.max(startSample, timeline.frame(timeline.firstIndex).startSample);
  }

  /** An utterance of words alone, over their range; voice that is heard there later counts as silence. */
  #speak(segment: TranscriptSegment): void {
    const { boundaries, decide, isPending, positionSample, speak } = this.#lane;
    const [segmentStart, segmentEnd] = [msToSamples(segment.startMs), msToSamples(segment.endMs)];
    if (boundaries.isHeldBy(segmentStart, segmentEnd)) {
      decide(boundaries.closeWords(segmentEnd));
      return;
    }
    if (boundaries.isOpen && segmentStart >= boundaries.undecidedFromSample) {
      // The recogniser has gone on without final words for what is open.
      decide(boundaries.end(positionSample(), 'silence'));
    }
    const startSample = Math.max(segmentStart, boundaries.floorSample);
    const endSample = Math.max(segmentEnd, segmentStart + MIN_WORDS_SAMPLES);
    if (endSample - startSample < MIN_WORDS_SAMPLES || boundaries.isOpen || isPending()) {
      return;
    }
    boundaries.raiseFloor(endSample);
    speak(startSample, endSample);
  }
}
