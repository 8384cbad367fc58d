import type { SourceSegment } from './transcript-source.ts';

/** Most labels that are remembered. */
const MAX_LABELS = 64;

/**
 * Finds the track of each segment of one recogniser. Usually each channel has its track. If the recogniser hears a single
 * channel and labels the speakers, each speaker has one: the first that speaks has the first track, and so on.
 */
export class SpeakerTracks {
  readonly #labels: string[] = [];
  #hasChannels = false;

  /**
   * @param tracks - as the publisher lists them.
   * @returns the track's number. Undefined: there is no track for the channel or speaker. Null: the words are left out,
   * because interim labels change.
   */
  place({ channel, speaker, segment }: SourceSegment, tracks: readonly number[]): number | null | undefined {
    if (channel > 0) this.#hasChannels = true;
    if (this.#hasChannels || speaker === undefined || tracks.length === 1) return tracks[channel];
    if (!segment.final) return null;
    if (!this.#labels.includes(speaker) && this.#labels.length < MAX_LABELS) this.#labels.push(speaker);
    return tracks[this.#labels.indexOf(speaker)];
  }
}
