import type { MediaFrame, PipelineDrop } from '../../../../pipeline/index.ts';
import { toClockTime } from '../../../clock-time.ts';
import type { AnalysisWarning, CueTime, Warn } from '../analysis-warning.ts';
import type { PlacedCue } from './analysis-plan.ts';

/** Most times that a message lists. The warning's `cues` lists all. */
const LISTED = 8;

/** Accounts for the cues of a transcript: what is in no event is named in a warning. */
export class CueAccount {
  readonly #times: ReadonlyMap<string, CueTime>;
  readonly #unsent: Set<string>;
  readonly #lost = new Set<string>();
  readonly #total: number;

  /**
   * @param cues - the cues of the plan.
   * @param times - for each cue of the transcript, when it is, by its own clock.
   */
  constructor(cues: readonly PlacedCue[], times: readonly CueTime[]) {
    this.#times = new Map(times.map((time, index) => [`cue-${index}`, time]));
    this.#unsent = new Set(cues.map(({ id }) => id));
    this.#total = times.length;
  }

  /** Passes the frames of an analysis on, and notes the words that it takes. */
  async *watch(frames: AsyncIterable<MediaFrame>): AsyncGenerator<MediaFrame> {
    for await (const frame of frames) {
      yield frame;
      // The next frame is asked for once this one has been taken.
      if (frame.kind === 'transcript') this.#unsent.delete(frame.segmentId);
    }
  }

  /** Takes what the analysis left out. Cues are lost that found no utterance. */
  readonly dropped = ({ segmentIds = [] }: PipelineDrop): void => {
    for (const id of segmentIds) this.#lost.add(id);
  };

  /** Warns of the cues that are in no event. */
  close(warn: Warn): void {
    const lost = this.#timesOf(this.#lost);
    if (lost.length > 0) {
      const share = Math.round(((this.#total - lost.length) / this.#total) * 100);
      const isMany = lost.length >= 3 && lost.length * 3 > this.#total;
      const advice = isMany
        ? `only ${share} % of the transcript was placed; check that it belongs to this recording`
        : 'nobody is heard there';
      warn(aboutCues('cues-without-voice', `${countOf(lost)} left out: ${advice}`, lost));
    }
    const unsent = this.#timesOf(this.#unsent);
    if (unsent.length > 0) {
      warn(aboutCues('cues-beyond-sound', `${countOf(unsent)} left out: the analysis ended before them`, unsent));
    }
  }

  #timesOf(ids: ReadonlySet<string>): CueTime[] {
    const whole = new Set([...ids].map((id) => id.replace(/\..*$/, '')));
    return [...whole].map((id) => this.#times.get(id)!).sort((a, b) => a.startMs - b.startMs);
  }
}

/** A warning about some cues. It tells their times, never their words. */
export function aboutCues(code: AnalysisWarning['code'], message: string, times: readonly CueTime[]): AnalysisWarning {
  const cues = times.map(({ startMs, endMs }) => ({ startMs, endMs }));
  const listed = cues.slice(0, LISTED).map(({ startMs }) => toClockTime(startMs));
  if (cues.length > LISTED) listed.push(`and ${cues.length - LISTED} more`);
  return {
    code,
    message: `${message} (${listed.join(', ')})`,
    startMs: cues[0]!.startMs,
    endMs: cues.reduce((end, { endMs }) => Math.max(end, endMs), 0),
    cues,
  };
}

export function countOf(cues: readonly unknown[]): string {
  return cues.length === 1 ? 'one cue of the transcript was' : `${cues.length} cues of the transcript were`;
}
