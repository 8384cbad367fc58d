import type { Warn } from '../analysis-warning.ts';

/** Warnings that name one cue each. Further ones are counted. */
const MAX_NAMED = 20;

/** Tells which cues of a transcript are left out, and how many. */
export class SkippedCues {
  readonly #warn: Warn;
  #count = 0;

  constructor(warn: Warn) {
    this.#warn = warn;
  }

  get count(): number {
    return this.#count;
  }

  /** @param where - the place of the cue and what is wrong with it. No words of the call. */
  add(where: string): void {
    this.#count += 1;
    if (this.#count <= MAX_NAMED) {
      this.#warn({ code: 'cue-skipped', message: `a cue of the transcript is left out: ${where}` });
    }
  }

  /** Call it after the last cue. */
  finish(): void {
    const further = this.#count - MAX_NAMED;
    if (further > 0) {
      this.#warn({ code: 'cue-skipped', message: `${further} further cues of the transcript are left out` });
    }
  }
}
