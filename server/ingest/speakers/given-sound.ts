import type { TimeSpan } from './speaker-turns.ts';

interface Stretch extends TimeSpan {
  readonly speakers: readonly number[];
}

/** Stretches that are remembered. */
const MAX_STRETCHES = 512;
/** Stretches this close are one, ms. */
const NEAR_MS = 5;
/** A speaker has the sound of words if it got at least this much of what was heard of them. */
const LEAST_SHARE = 0.2;

/** Remembers which speakers were given the sound of which time. */
export class GivenSound {
  readonly #stretches: Stretch[] = [];

  note({ startMs, endMs }: TimeSpan, speakers: readonly number[]): void {
    const last = this.#stretches.at(-1);
    if (last !== undefined && Math.abs(startMs - last.endMs) <= NEAR_MS && isSame(last.speakers, speakers)) {
      this.#stretches[this.#stretches.length - 1] = { ...last, endMs };
      return;
    }
    this.#stretches.push({ startMs, endMs, speakers });
    if (this.#stretches.length > MAX_STRETCHES) this.#stretches.shift();
  }

  /**
   * Whose words these are: those of `speaker`, unless the sound was given to others before it was known. Words without their
   * sound would have no utterance. Null: nobody knows.
   */
  ownerOf({ startMs, endMs }: TimeSpan, speaker: number | null): number | null {
    const heardMs = new Map<number, number>();
    let mostMs = 0;
    let owner = speaker;
    for (let index = this.#stretches.length - 1; index >= 0; index -= 1) {
      const stretch = this.#stretches[index]!;
      const ms = Math.min(endMs, stretch.endMs) - Math.max(startMs, stretch.startMs);
      if (ms <= 0) continue;
      for (const each of stretch.speakers) {
        const sumMs = (heardMs.get(each) ?? 0) + ms;
        heardMs.set(each, sumMs);
        if (sumMs <= mostMs) continue;
        mostMs = sumMs;
        owner = each;
      }
    }
    return speaker !== null && (heardMs.get(speaker) ?? 0) >= LEAST_SHARE * mostMs ? speaker : owner;
  }
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}
