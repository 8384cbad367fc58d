import type { TranscriptSegment } from '../../../pipeline/index.ts';
import type { SourceSegment } from './transcript-source.ts';

/** Most labels that are remembered, and segments whose track is. */
const MAX_LABELS = 64;
const MAX_SEGMENTS = 256;

type Words = Omit<TranscriptSegment, 'kind' | 'trackId'>;

/** Words and the publisher's track that they belong to. Undefined: there is no track for their channel or speaker. */
export interface PlacedWords {
  readonly track: number | undefined;
  readonly words: Words;
}

/**
 * Finds the track of each segment of one recogniser. Usually each channel has its track. If the recogniser hears a single
 * channel and labels the speakers, each speaker has one: the first that speaks has the first track, and so on. With a single
 * track, its words carry the label.
 */
export class SpeakerTracks {
  readonly #labels: string[] = [];
  /** Where final segments went, while several tracks share a channel. */
  readonly #trackOf = new Map<string, number>();
  #hasChannels = false;

  /**
   * @param tracks - as the publisher lists them.
   * @returns the words per track. Empty: they are left out, because interim labels change. If a final segment comes again
   * with another speaker, it is taken back from the track that it went to.
   */
  place({ channel, speaker, segment }: SourceSegment, tracks: readonly number[]): PlacedWords[] {
    if (channel > 0) this.#hasChannels = true;
    if (this.#hasChannels) return [{ track: tracks[channel], words: segment }];
    if (tracks.length === 1) {
      return [{ track: tracks[0], words: speaker === undefined ? segment : { ...segment, speaker } }];
    }
    const { segmentId } = segment;
    const before = this.#trackOf.get(segmentId);
    if (speaker === undefined) return [{ track: before ?? tracks[0], words: segment }];
    if (!segment.final) return [];
    if (!this.#labels.includes(speaker) && this.#labels.length < MAX_LABELS) this.#labels.push(speaker);
    const track = tracks[this.#labels.indexOf(speaker)];
    const placed: PlacedWords[] = [{ track, words: segment }];
    if (before !== undefined && before !== track) placed.unshift({ track: before, words: { ...segment, text: '' } });
    if (track !== undefined) this.#remember(segmentId, track);
    return placed;
  }

  #remember(segmentId: string, track: number): void {
    this.#trackOf.delete(segmentId);
    this.#trackOf.set(segmentId, track);
    if (this.#trackOf.size > MAX_SEGMENTS) this.#trackOf.delete(this.#trackOf.keys().next().value!);
  }
}
