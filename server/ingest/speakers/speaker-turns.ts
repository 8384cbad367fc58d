/** A stretch of media time, ms. */
export interface TimeSpan {
  readonly startMs: number;
  readonly endMs: number;
}

interface Turn extends TimeSpan {
  readonly speaker: number;
}

/** Turns that are remembered. */
const MAX_TURNS = 256;

/** Who speaks when, according to the final words of a recogniser. Speakers are counted from 0. */
export class SpeakerTurns {
  /** By the segment that says so. */
  readonly #turns = new Map<string, Turn>();
  #untilMs = 0;
  #newest: Turn | null = null;

  /** Time up to which the recogniser has heard the sound, ms. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** Who spoke last. */
  get lastSpeaker(): number {
    return this.#newest?.speaker ?? 0;
  }

  /** Takes what a final segment says. A later version of the segment replaces it. Null: the segment names nobody. */
  take(segmentId: string, { startMs, endMs }: TimeSpan, speaker: number | null): void {
    this.#untilMs = Math.max(this.#untilMs, endMs);
    this.#turns.delete(segmentId);
    if (speaker === null) return;
    const turn = { startMs, endMs, speaker };
    this.#turns.set(segmentId, turn);
    if (this.#turns.size > MAX_TURNS) this.#turns.delete(this.#turns.keys().next().value!);
    if (this.#newest === null || endMs >= this.#newest.endMs) this.#newest = turn;
  }

  /** Everyone who speaks at a time, or else whose turn is nearest. Behind all turns, whoever spoke last. */
  at(ms: number): readonly number[] {
    if (ms >= this.#untilMs) return [this.lastSpeaker];
    const speaking = new Set<number>();
    let nearest = this.lastSpeaker;
    let distanceMs = Number.POSITIVE_INFINITY;
    for (const { startMs, endMs, speaker } of this.#turns.values()) {
      const fromMs = Math.max(startMs - ms, ms - endMs, 0);
      if (fromMs === 0) speaking.add(speaker);
      if (fromMs < distanceMs) {
        distanceMs = fromMs;
        nearest = speaker;
      }
    }
    return speaking.size > 0 ? [...speaking] : [nearest];
  }
}
